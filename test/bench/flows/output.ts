/** A container that writes 300,000 lines as fast as it can: all of them kept, in what time and with how much work. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, IMAGE, stepSignal } from "../bench-device.ts";
import { atMost, type Line } from "../line.ts";
import { timed } from "../pace.ts";
import { cpuMs } from "../process-usage.ts";
import { runProgram } from "../run-program.ts";
import { Watching } from "../watching.ts";

const LINES = 300_000;
const PEER_MS = 1_300;
const PEER_CPU_MS = 1_000;
const COMMAND = ["seq", String(LINES)];

export async function manyLines(bench: Bench): Promise<readonly Line[]> {
  const { client, places } = bench.device;
  const ours: number[] = [];
  const cpu: number[] = [];
  const yard: number[] = [];
  let missing = 0;
  await bench.pace.rounds(4, 2, async () => {
    const desired = bench.desired({
      name: bench.newName(),
      config: { env: [], cmd: COMMAND },
      hostConfig: { restartPolicy: { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n } },
    });
    await client.create(desired, stepSignal());
    const usedMs = cpuMs(bench.daemonPid);
    {
      await using watching = new Watching(client);
      ours.push(
        await timed(async () => {
          await client.start(desired.id, stepSignal());
          await watching.until("the lines are written", (all) =>
            all.some(({ id, state }) => id === desired.id && state.status === "Exited"),
          );
        }),
      );
    }
    cpu.push(cpuMs(bench.daemonPid) - usedMs);
    missing += LINES - linesIn(join(places.home, "cm", "containers", desired.id));
    await runProgram(...bench.cli("remove", desired.id));
    yard.push(await timed(() => bench.ctr.run("run", "--rm", IMAGE, bench.ctr.newId(), ...COMMAND)));
  });
  const fault = missing === 0 ? {} : { fault: `${missing} lines are missing` };
  return [
    {
      flow: "300,000 log lines, start until kept",
      unit: "ms",
      ours,
      yardstick: { name: "ctr run", values: yard },
      budget: atMost(PEER_MS),
      ...fault,
    },
    {
      flow: "the same, the daemon's processor time",
      unit: "ms",
      ours: cpu,
      budget: atMost(PEER_CPU_MS),
    },
  ];
}

function linesIn(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.startsWith("json.log"));
  return files.reduce(
    (sum, name) => sum + readFileSync(join(folder, name), "utf8").split("\n").length - 1,
    0,
  );
}
