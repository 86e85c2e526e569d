/** Twenty containers: deployed from a folder, listed, kept over a restart of the daemon, removed. */

import { type Bench, IMAGE, stepSignal, UNTIL_ASKED, writeManifest } from "../bench-device.ts";
import { untilListed } from "../daemon-answer.ts";
import { atMost, type Line, NO_BUDGET, times } from "../line.ts";
import { timed } from "../pace.ts";
import { memoryOf, memoryOfEmpty, SETTLE_MS } from "../process-usage.ts";
import { runProgram } from "../run-program.ts";
import { countRunning, Watching } from "../watching.ts";
import { daemonMemory } from "./memory.ts";
import { listTimes } from "./programs.ts";

export const FLEET = 20;
export const AT_A_TIME = 4;
const RESTART_MS = 300;
const DEPLOYER_RSS_MIB = 30;

class Figures {
  readonly deploy: number[] = [];
  readonly run: number[] = [];
  readonly restart: number[] = [];
  readonly back: number[] = [];
  readonly removeEach: number[] = [];
  readonly removeOnce: number[] = [];
  readonly yardEach: number[] = [];
  readonly yardOnce: number[] = [];
  readonly beside: Line[] = [];
  lost = 0;
}

export async function fleet(bench: Bench): Promise<readonly Line[]> {
  const figures = new Figures();
  await bench.pace.rounds(4, 2, async (round) => {
    const ids = await deploy(bench, figures, round === 0);
    if (round === 0) {
      figures.beside.unshift(await listTimes(bench, `kanto-cm list, ${FLEET} containers`));
    }
    const yard = await yardFleet(bench, figures);
    await restart(bench, figures, ids);
    if (round === 0) {
      const limits = { anonymousMiB: 22, rssMiB: 58, returnedMiB: 40 };
      figures.beside.push(...(await daemonMemory(bench, `daemon with ${FLEET} containers`, limits)));
    }
    await remove(bench, figures, [...ids], yard, round % 2 === 0);
  });
  const fault = figures.lost === 0 ? {} : { fault: `${figures.lost} containers were stopped or lost` };
  const name = "ctr run, 4 at a time, no network";
  return [
    {
      flow: `${FLEET} new manifests until all run, image present`,
      unit: "ms",
      ours: figures.deploy,
      yardstick: { name, values: figures.run },
      budget: times(1.1),
    },
    {
      flow: `daemon restart with ${FLEET} running, from its start until all are known`,
      unit: "ms",
      ours: figures.back,
      budget: atMost(RESTART_MS),
      ...fault,
    },
    {
      flow: "the same, with its end",
      unit: "ms",
      ours: figures.restart,
      budget: NO_BUDGET,
    },
    {
      flow: `remove ${FLEET} running, forced, one call each`,
      unit: "ms",
      ours: figures.removeEach,
      yardstick: { name: "ctr task rm -f, container rm", values: figures.yardEach },
      budget: times(1.2),
    },
    ...(figures.removeOnce.length === 0
      ? []
      : [
          {
            flow: `remove ${FLEET} running, forced, one call`,
            unit: "ms",
            ours: figures.removeOnce,
            yardstick: { name: "ctr task rm -f, container rm", values: figures.yardOnce },
            budget: times(1.2),
          } as const,
        ]),
    ...figures.beside,
  ];
}

/** Answers the ids, which are the names. */
async function deploy(bench: Bench, figures: Figures, isFirst: boolean): Promise<ReadonlySet<string>> {
  const folder = bench.newFolder();
  const names = new Set(Array.from({ length: FLEET }, () => bench.newName()));
  for (const name of names) writeManifest(folder, name, { id: name });
  await using watching = new Watching(bench.device.client);
  figures.deploy.push(
    await timed(async () => {
      bench.device.deploy(folder);
      await watching.until(`${FLEET} run`, (all) => countRunning(all, names) === FLEET);
    }),
  );
  const pid = bench.device.pidOf("kanto-auto-deployer");
  if (isFirst && pid !== undefined) {
    await Bun.sleep(SETTLE_MS);
    const { anonymousMiB, rssMiB } = memoryOf(pid);
    const empty = await memoryOfEmpty(bench.options.helloPath);
    const flow = `auto deployer watching ${FLEET} manifests`;
    figures.beside.push(
      {
        flow: `${flow}, anonymous memory`,
        unit: "MiB",
        ours: [anonymousMiB],
        yardstick: { name: "empty program", values: [empty.anonymousMiB] },
        budget: NO_BUDGET,
      },
      {
        flow: `${flow}, RSS`,
        unit: "MiB",
        ours: [rssMiB],
        yardstick: { name: "empty program", values: [empty.rssMiB] },
        budget: atMost(DEPLOYER_RSS_MIB),
      },
    );
  }
  await bench.device.end("kanto-auto-deployer", "SIGTERM");
  return names;
}

async function yardFleet(bench: Bench, figures: Figures): Promise<readonly string[]> {
  const made: string[] = [];
  figures.run.push(
    await timed(async () => made.push(...(await bench.ctr.startMany(FLEET, AT_A_TIME, IMAGE, UNTIL_ASKED)))),
  );
  return made;
}

async function restart(bench: Bench, figures: Figures, ids: ReadonlySet<string>): Promise<void> {
  const before = await pidsOf(bench);
  const starting = { done: Promise.resolve() };
  figures.restart.push(
    await timed(async () => {
      await bench.device.end("container-management", "SIGTERM");
      figures.back.push(
        await timed(async () => {
          starting.done = bench.device.startDaemon(stepSignal());
          await untilListed(bench, ids);
        }),
      );
    }),
  );
  await starting.done;
  const after = await pidsOf(bench);
  for (const [id, pid] of before) if (after.get(id) !== pid) figures.lost++;
}

async function pidsOf(bench: Bench): Promise<ReadonlyMap<string, number>> {
  const containers = await bench.device.client.list(stepSignal());
  return new Map(containers.map(({ id, state }) => [id, state.pid]));
}

async function remove(
  bench: Bench,
  figures: Figures,
  ids: readonly string[],
  yard: readonly string[],
  isEach: boolean,
): Promise<void> {
  const calls = isEach ? ids.map((id) => [id]) : [ids];
  const ours = await timed(async () => {
    for (const call of calls) await runProgram(...bench.cli("remove", "--force", ...call));
  });
  const yardCalls = isEach ? yard.map((id) => [id]) : [yard];
  const theirs = await timed(async () => {
    for (const call of yardCalls) await bench.ctr.remove(...call);
  });
  (isEach ? figures.removeEach : figures.removeOnce).push(ours);
  (isEach ? figures.yardEach : figures.yardOnce).push(theirs);
}
