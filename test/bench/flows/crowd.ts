/** Two hundred containers at once: what they cost, and whether everything stays in proportion (issue: list ≤ 3 × of 20). */

import { type Bench, stepSignal } from "../bench-device.ts";
import { untilListed } from "../daemon-answer.ts";
import { atMost, type Line, NO_BUDGET, times } from "../line.ts";
import { timed } from "../pace.ts";
import { cpuMs, memoryOf, openDescriptors, SETTLE_MS } from "../process-usage.ts";
import { runProgram, timeProgram } from "../run-program.ts";

const FEW = 20;
const MANY = 200;
const AT_A_TIME = 4;
const EACH_MIB = 0.3;
const BACK_MS = 3_000;
const IDLE_MS = 15_000;

export async function crowd(bench: Bench): Promise<readonly Line[]> {
  const { client } = bench.device;
  await bench.restartDaemon();
  const few = await bench.runMany(FEW, AT_A_TIME);
  await Bun.sleep(SETTLE_MS);
  const anonymousOfFew = memoryOf(bench.daemonPid).anonymousMiB;
  const few20 = await lists(bench);
  let made: string[] = [];
  const startedMs = cpuMs(bench.daemonPid);
  const making = await timed(async () => {
    made = await bench.runMany(MANY - FEW, AT_A_TIME);
  });
  const startCpuMs = (cpuMs(bench.daemonPid) - startedMs) / (MANY - FEW);
  const ids = [...few, ...made];
  await Bun.sleep(2 * SETTLE_MS);
  const afterStarts = memoryOf(bench.daemonPid).anonymousMiB;
  const many200 = await lists(bench);
  const before = await pidsOf(bench);
  const starting = { done: Promise.resolve() };
  await bench.device.end("container-management", "SIGTERM");
  const back = await timed(async () => {
    starting.done = bench.device.startDaemon(stepSignal());
    await untilListed(bench, new Set(ids));
  });
  await starting.done;
  const after = await pidsOf(bench);
  const lost = ids.filter((id) => (before.get(id) ?? 0) === 0 || before.get(id) !== after.get(id)).length;
  await Bun.sleep(2 * SETTLE_MS);
  const memory = memoryOf(bench.daemonPid);
  const descriptors = openDescriptors(bench.daemonPid);
  const idleFrom = cpuMs(bench.daemonPid);
  await Bun.sleep(IDLE_MS);
  const idle = ((cpuMs(bench.daemonPid) - idleFrom) / IDLE_MS) * 100;
  const removing = await timed(() => runProgram(...bench.cli("remove", "--force", ...ids)));
  const left = (await client.list(stepSignal())).filter(({ id }) => ids.includes(id)).length;
  const fault = lost + left === 0 ? {} : { fault: `${lost} not as before the restart, ${left} not removed` };
  const each = (all: number) => (all - anonymousOfFew) / (MANY - FEW);
  const of20 = (values: readonly number[]) => ({ name: `the same of ${FEW}`, values });
  return [
    {
      flow: `kanto-cm list, ${MANY} containers`,
      unit: "ms",
      ours: many200.program,
      yardstick: of20(few20.program),
      budget: times(3),
    },
    {
      flow: `list over an open connection, ${MANY} containers`,
      unit: "ms",
      ours: many200.call,
      yardstick: of20(few20.call),
      budget: NO_BUDGET,
    },
    {
      flow: `anonymous memory for each of ${MANY}, after their starts`,
      unit: "MiB",
      ours: [each(afterStarts)],
      budget: atMost(EACH_MIB),
    },
    {
      flow: `anonymous memory for each of ${MANY}, after a restart of the daemon`,
      unit: "MiB",
      ours: [each(memory.anonymousMiB)],
      budget: atMost(EACH_MIB),
    },
    {
      flow: `daemon with ${MANY} containers, anonymous memory`,
      unit: "MiB",
      ours: [memory.anonymousMiB],
      budget: NO_BUDGET,
    },
    { flow: "the same, open descriptors", unit: "", ours: [descriptors], budget: NO_BUDGET },
    { flow: "the same, idle", unit: "% CPU", ours: [idle], budget: NO_BUDGET },
    {
      flow: `create and start, each of ${MANY - FEW}, ${AT_A_TIME} at a time`,
      unit: "ms",
      ours: [making / (MANY - FEW)],
      budget: NO_BUDGET,
    },
    {
      flow: "the same, the daemon's own processor time",
      unit: "ms",
      ours: [startCpuMs],
      budget: NO_BUDGET,
    },
    {
      flow: `daemon restart with ${MANY} running, from its start until all are known`,
      unit: "ms",
      ours: [back],
      budget: atMost(BACK_MS),
      ...fault,
    },
    { flow: `remove ${MANY} running, forced, one call`, unit: "ms", ours: [removing], budget: NO_BUDGET },
  ];
}

/** By the program, and by a client that is connected already. */
async function lists(bench: Bench): Promise<{ program: number[]; call: number[] }> {
  const program: number[] = [];
  const call: number[] = [];
  await bench.pace.rounds(12, 6, async () => {
    program.push(timeProgram(...bench.cli("list")));
    call.push(await timed(() => bench.device.client.list(stepSignal())));
  });
  return { program, call };
}

async function pidsOf(bench: Bench): Promise<ReadonlyMap<string, number>> {
  const containers = await bench.device.client.list(stepSignal());
  return new Map(containers.map(({ id, state }) => [id, state.pid]));
}
