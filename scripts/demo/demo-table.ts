/** The live table of the demo: what runs, since when, and where to look at it. */

import type { Container } from "../../src/model/container.ts";

const HEAD = ["NAME", "IMAGE", "STATE", "SINCE", "PORTS"];

function since(container: Container, nowMs: number): string {
  const stamp = container.state.status === "Running" ? container.state.startedAt : container.state.finishedAt;
  if (stamp === "") return "";
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(stamp)) / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

function ports(container: Container): string {
  return container.hostConfig.portMappings
    .map(
      ({ hostIp, hostPort, containerPort, protocol }) =>
        `${hostIp}:${hostPort}->${containerPort}/${protocol}`,
    )
    .join(", ");
}

/** Addresses of containers that publish port 80. */
export function webAddresses(containers: readonly Container[]): string[] {
  return containers
    .filter(({ state }) => state.status === "Running")
    .flatMap(({ hostConfig }) => hostConfig.portMappings)
    .filter(({ containerPort, protocol }) => containerPort === 80 && protocol === "tcp")
    .map(({ hostPort }) => `http://localhost:${hostPort}/`);
}

export function demoTable(containers: readonly Container[], nowMs: number): string {
  const rows = [...containers]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((container) => [
      container.name,
      container.image.name,
      container.state.status,
      since(container, nowMs),
      ports(container),
    ]);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return [HEAD, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** How long an error of the deployer stays below the table. */
const ERROR_SHOWN_MS = 30_000;

/** What the deployer said is wrong, without its time and name; `lines` begin with `[<time> ERROR ...]`. */
export function recentErrors(lines: readonly string[], nowMs: number): string[] {
  return lines.flatMap((line) => {
    const [, stamp = "", message = ""] = /^\[(\S+) ERROR [^\]]*\] (.*)$/.exec(line) ?? [];
    return nowMs - Date.parse(stamp) <= ERROR_SHOWN_MS ? [`ERROR: ${message}`] : [];
  });
}
