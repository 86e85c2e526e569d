/** The programs themselves: their size, how quickly they are up, what an idle daemon holds. */

import { statSync } from "node:fs";
import { join } from "node:path";
import { type Bench, stepSignal } from "../bench-device.ts";
import { untilListed } from "../daemon-answer.ts";
import { atMost, type Line, times } from "../line.ts";
import { timed } from "../pace.ts";
import { timeProgram } from "../run-program.ts";
import { daemonMemory } from "./memory.ts";

const BYTES_PER_MIB = 1024 * 1024;
const START_MS = 39;

export async function programs(bench: Bench): Promise<readonly Line[]> {
  const { pace } = bench;
  const lists = await listTimes(bench, "kanto-cm list, no containers");
  const starts: number[] = [];
  const hello: number[] = [];
  await pace.rounds(8, 3, async () => {
    await bench.device.end("container-management", "SIGTERM");
    hello.push(timeProgram(bench.options.helloPath));
    const starting = { done: Promise.resolve() };
    starts.push(
      await timed(async () => {
        starting.done = bench.device.startDaemon(stepSignal());
        await untilListed(bench, new Set());
      }),
    );
    await starting.done;
  });
  const memory = await daemonMemory(bench, "daemon idle", {
    anonymousMiB: 16,
    rssMiB: 50,
    returnedMiB: 34,
  });
  const size = statSync(join(bench.device.places.bin, "supercargo.bin")).size;
  return [
    {
      flow: "daemon start until it answers",
      unit: "ms",
      ours: starts,
      yardstick: { name: "hello-world", values: hello },
      budget: atMost(START_MS),
    },
    lists,
    ...memory,
    {
      flow: "executable, all programs in one",
      unit: "MiB",
      ours: [size / BYTES_PER_MIB],
      yardstick: { name: "hello-world", values: [statSync(bench.options.helloPath).size / BYTES_PER_MIB] },
      budget: atMost(109),
    },
  ];
}

/** `kanto-cm list` beside a program that does nothing. */
export async function listTimes(bench: Bench, flow: string): Promise<Line> {
  const ours: number[] = [];
  const hello: number[] = [];
  await bench.pace.rounds(20, 6, async () => {
    hello.push(timeProgram(bench.options.helloPath));
    ours.push(timeProgram(...bench.cli("list")));
  });
  return { flow, unit: "ms", ours, yardstick: { name: "hello-world", values: hello }, budget: times(2) };
}
