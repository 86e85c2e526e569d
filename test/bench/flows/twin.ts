/** The digital twin: how soon the cloud hears of a start, many commands in a row, measured values, what many changes leave in memory. */

import { PrivateBroker } from "../../integration/support/broker.ts";
import { Cloud, type Envelope, isEnvelope } from "../../integration/support/cloud.ts";
import { type Bench, stepSignal } from "../bench-device.ts";
import { atMost, type Line, NO_BUDGET } from "../line.ts";
import { timed } from "../pace.ts";
import { cpuMs, memoryOf, SETTLE_MS } from "../process-usage.ts";
import { TaskStarts } from "../task-starts.ts";

const FLEET = 20;
const AT_A_TIME = 4;
const COMMANDS = 1_000;
/** Fewer than the broker keeps for a reader that is behind. */
const BURST = 500;
const NEWS_MS = 20;
/** 0.4 of the peer's 1.5 %. */
const METRICS_PERCENT = 0.6;
const GROWTH_MIB = 5;
/** Garbage of a burst is collected some seconds after it. */
const COLLECTED_MS = 15_000;

export async function twin(bench: Bench): Promise<readonly Line[]> {
  const broker = await PrivateBroker.start({ lines: ["max_queued_messages 0"] });
  const cloud = await Cloud.connect(broker.port, { answers: true });
  try {
    await bench.configure({
      things: { enable: true },
      connection: { broker_url: `tcp://localhost:${broker.port}` },
    });
    await cloud.untilObeyed();
    const news = await newsOfStarts(bench, cloud);
    const ids = await bench.runMany(FLEET, AT_A_TIME);
    const lines = [
      news,
      ...(await metered(bench, cloud)),
      await commandsInARow(cloud, ids),
      await growth(bench, cloud, ids),
    ];
    await bench.removeAll(ids);
    return lines;
  } finally {
    await bench.configure({ things: { enable: false } });
    await cloud.end();
    await broker.end();
  }
}

/** From containerd's word that the task runs until the cloud has the message. */
async function newsOfStarts(bench: Bench, cloud: Cloud): Promise<Line> {
  const ours: number[] = [];
  const starts = await TaskStarts.watch(bench);
  try {
    await bench.pace.rounds(12, 5, async () => {
      const wish = bench.desired({ name: bench.newName() });
      await bench.device.client.create(wish, stepSignal());
      await bench.device.client.start(wish.id, stepSignal());
      const path = `/features/Container:${wish.id}/properties/status/state`;
      const { atMs } = await cloud.wait("RUNNING", ({ body }) => isEnvelope(body) && isRunning(body, path));
      ours.push(performance.timeOrigin + atMs - (await starts.epochMs(wish.id)));
      await bench.removeAll([wish.id]);
    });
  } finally {
    await starts.end();
  }
  return {
    flow: "twin: from the task's start to RUNNING at the broker",
    unit: "ms",
    ours,
    budget: atMost(NEWS_MS),
  };
}

function isRunning({ path, value }: Envelope, wanted: string): boolean {
  return path === wanted && (value as { status?: string } | undefined)?.status === "RUNNING";
}

async function metered(bench: Bench, cloud: Cloud): Promise<readonly Line[]> {
  const spanMs = bench.pace.isQuick ? 10_000 : 15_000;
  const percent = async () => {
    const from = cpuMs(bench.daemonPid);
    await Bun.sleep(spanMs);
    return ((cpuMs(bench.daemonPid) - from) / spanMs) * 100;
  };
  await Bun.sleep(SETTLE_MS);
  const idle = await percent();
  await cloud.ask("Metrics", "request", { frequency: "1s" });
  const from = cloud.heard.length;
  const busy = await percent();
  await cloud.ask("Metrics", "request", { frequency: "0s" });
  const reports = cloud.heard
    .slice(from)
    .filter(({ body }) => isEnvelope(body) && body.path.endsWith("/data"));
  const least = spanMs / 1000 - 2;
  return [
    {
      flow: `twin: metrics every second, ${FLEET} containers, beyond idle`,
      unit: "% CPU",
      ours: [busy - idle],
      yardstick: { name: "idle", values: [idle] },
      budget: atMost(METRICS_PERCENT),
      ...(reports.length < least ? { fault: `${reports.length} reports, not ${least}` } : {}),
    },
  ];
}

async function commandsInARow(cloud: Cloud, ids: readonly string[]): Promise<Line> {
  let answered = 0;
  const ms = await timed(async () => {
    answered = await rename(cloud, ids, COMMANDS, COMMANDS);
  });
  return {
    flow: `twin: ${COMMANDS} commands in a row, all answered`,
    unit: "ms",
    ours: [ms],
    budget: NO_BUDGET,
    ...(answered === COMMANDS ? {} : { fault: `${COMMANDS - answered} lost` }),
  };
}

/** Renames containers by commands, so many at a time; answers how many were answered well. */
async function rename(cloud: Cloud, ids: readonly string[], count: number, atATime: number): Promise<number> {
  let answered = 0;
  for (let done = 0; done < count; done += atATime) {
    cloud.heard.length = 0;
    const requests = Array.from({ length: Math.min(atATime, count - done) }, (_, at) =>
      cloud.send(`Container:${ids[at % ids.length]}`, "rename", `n-${done + at}`),
    );
    await cloud.untilAnswered(requests);
    answered += cloud.heard.filter(({ topic }) => /\/res\/q\d+\/204$/.test(topic)).length;
  }
  cloud.heard.length = 0;
  return answered;
}

async function growth(bench: Bench, cloud: Cloud, ids: readonly string[]): Promise<Line> {
  const events = bench.pace.isQuick ? 2_000 : 10_000;
  const anonymous = async () => {
    await Bun.sleep(COLLECTED_MS);
    return memoryOf(bench.daemonPid).anonymousMiB;
  };
  await rename(cloud, ids, COMMANDS, BURST);
  const before = await anonymous();
  await rename(cloud, ids, events, BURST);
  const grown = (await anonymous()) - before;
  return {
    flow: `twin: anonymous memory, more after ${events} events`,
    unit: "MiB",
    ours: [Math.max(0, grown)],
    yardstick: { name: "before", values: [before] },
    budget: atMost(GROWTH_MIB),
  };
}
