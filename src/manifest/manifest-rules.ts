/** What is sensible in a request but not in a file that somebody wrote: said before anything is deployed. */

import type { DesiredContainer, PortMapping } from "../model/container.ts";
import type { Reading } from "./reading.ts";

export function addManifestRules(desired: DesiredContainer, reading: Reading): void {
  if (!reading.isSaid("hostConfig.portMappings")) twicePublished(desired.hostConfig.portMappings, reading);
  for (const [index, mount] of desired.mounts.entries()) {
    for (const key of ["source", "destination"] as const) {
      if (mount[key] === "" || mount[key].startsWith("/")) continue;
      reading.warningAt(`mounts[${index}].${key}`, "the path is not absolute", "a path that begins with /");
    }
  }
}

/** One host port cannot be published twice; ranges look for a free one by themselves. */
function twicePublished(ports: readonly PortMapping[], reading: Reading): void {
  const seen = new Map<string, number>();
  for (const [index, port] of ports.entries()) {
    if (port.hostPort === 0 || port.hostPortEnd !== port.hostPort) continue;
    const identity = `${port.protocol.toLowerCase()} ${port.hostIp} ${port.hostPort}`;
    const earlier = seen.get(identity);
    seen.set(identity, earlier ?? index);
    if (earlier === undefined || reading.hasEnoughProblems) continue;
    const path = `hostConfig.portMappings[${index}].hostPort`;
    const line = reading.placeOf(`hostConfig.portMappings[${earlier}].hostPort`).line;
    const message = `the host port ${port.hostPort} is published in line ${line} already`;
    reading.problemAt(path, message, "each host port once");
  }
}
