/** A program for tests that is killed at any moment: opens a network over given folders and starts and stops containers for ever. */

import { systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { BridgeNetwork } from "../../../src/network/bridge-network.ts";
import type { NetworkOptions } from "../../../src/network/options.ts";

const [text = "{}", firstPort = "0"] = process.argv.slice(2);
const given: Omit<NetworkOptions, "log" | "clock"> = JSON.parse(text);
const network = new BridgeNetwork({ ...given, log: silentLog, clock: systemClock });
const signal = new AbortController().signal;
await network.open(new Set(["steady"]), signal);
console.log("open");
for (;;) {
  const ids = ["a", "b", "c", "d"];
  const attach = (id: string, at: number) =>
    network.attach(
      {
        id,
        name: id,
        mode: "bridge",
        hostName: id,
        domainName: "",
        extraHosts: [],
        portMappings: [
          {
            protocol: "tcp",
            hostIp: "0.0.0.0",
            hostPort: Number(firstPort) + at,
            hostPortEnd: Number(firstPort) + at,
            containerPort: 80,
          },
        ],
        filesDir: `${given.stateDir}/../containers/${id}`,
      },
      signal,
    );
  await Promise.all(ids.map(attach));
  await Promise.all(ids.map((id) => network.release(id)));
}
