/** What daemon and deployer have said of containers: a failure at random is not had a second time, so its error tells it. */

import { readFileSync } from "node:fs";
import type { PrivateDevice } from "../../../scripts/demo/private-device.ts";

const LINES_TOLD = 40;

/** The last lines of both logs about the names with which `found` begin; all last lines when there are none. */
export function whatWasSaid(
  device: PrivateDevice,
  names: Iterable<string>,
  found: readonly string[],
): string {
  const concerned = [...names].filter((name) => found.some((text) => text.startsWith(`${name} `)));
  return ["kanto-auto-deployer-output", "container-management"]
    .flatMap((log) => {
      const lines = readFileSync(device.logPath(log), "utf8").split("\n");
      const said = lines.filter(
        (line) => concerned.length === 0 || concerned.some((name) => line.includes(name)),
      );
      return [`== ${log}`, ...said.slice(-LINES_TOLD)];
    })
    .join("\n");
}
