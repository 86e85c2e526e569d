/** The wide form of `kanto-cm list`: what a person wants to know of each container at a glance. */

import type { ContainerDetails } from "../../api/gen/supercargo/v1/details.ts";
import type { Container } from "../../model/container.ts";
import { type Paint, statusColour } from "../colour.ts";
import { msSince, spanText } from "../human-text.ts";
import { textTable } from "../text-table.ts";
import { healthText } from "./details.ts";
import type { ListedContainer } from "./list-filters.ts";

const SHORT_ID = 12;
const NOTHING = "-";

/** `8080->80/tcp`, with the address where only one is meant. */
function portText(
  port: {
    readonly hostIp: string;
    readonly hostPort: number;
    readonly containerPort: number;
    readonly protocol: string;
  },
  endText = "",
): string {
  const host = ["", "0.0.0.0"].includes(port.hostIp) ? "" : `${port.hostIp}:`;
  return `${host}${port.hostPort}${endText}->${port.containerPort}/${port.protocol}`;
}

export function portsText(container: Container, details: ContainerDetails | undefined): string {
  const published = details?.published ?? [];
  const texts =
    published.length > 0
      ? published.map((port) => portText(port))
      : container.hostConfig.portMappings.map((port) =>
          portText(port, port.hostPortEnd > port.hostPort ? `-${port.hostPortEnd}` : ""),
        );
  if (container.hostConfig.networkMode === "host") return "host";
  return texts.length === 0 ? NOTHING : texts.join(", ");
}

/** How long it has been in its state. */
export function stateAgeMs({ state, created }: Container, nowMs = Date.now()): number | undefined {
  const since =
    state.status === "Running" || state.status === "Paused"
      ? state.startedAt
      : state.finishedAt || (state.status === "Created" ? created : "");
  return msSince(since, nowMs);
}

export function statusText({ state }: Container, details: ContainerDetails | undefined): string {
  const ended = state.status === "Exited" || state.status === "Stopped";
  const code = ended ? ` (${state.exitCode})` : "";
  const due =
    details?.restart === undefined ? "" : `, starts again in ${spanText(Number(details.restart.inMs))}`;
  return `${state.status}${code}${due}`;
}

export function wideTable(listed: readonly ListedContainer<Container>[], paint: Paint): string {
  const rows = listed.map(({ container, details }) => {
    const age = stateAgeMs(container);
    return [
      container.id.slice(0, SHORT_ID),
      container.name,
      container.image.name,
      statusText(container, details),
      age === undefined ? NOTHING : spanText(age),
      (details && healthText(details)) || NOTHING,
      String(container.restartCount),
      portsText(container, details),
      details?.origin || NOTHING,
    ];
  });
  const head = ["ID", "NAME", "IMAGE", "STATUS", "FOR", "HEALTH", "RESTARTS", "PORTS", "ORIGIN"];
  const lines = textTable([head, ...rows]).split("\n");
  // Painted last: a cell's width is that of its letters.
  const at = lines[0]?.indexOf("STATUS") ?? 0;
  return lines
    .map((line, index) => {
      const status = listed[index - 1]?.container.state.status;
      if (status === undefined) return line;
      return line.slice(0, at) + paint(statusColour(status), status) + line.slice(at + status.length);
    })
    .join("\n");
}
