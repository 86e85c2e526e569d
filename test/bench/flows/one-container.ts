/** One container: made, started, and replaced because its manifest was edited. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, IMAGE, stepSignal, UNTIL_ASKED, writeManifest } from "../bench-device.ts";
import { atMost, type Line, NO_BUDGET, times } from "../line.ts";
import { timed } from "../pace.ts";
import { cpuMs } from "../process-usage.ts";
import { runProgram } from "../run-program.ts";
import { countRunning, Watching } from "../watching.ts";

const CREATE_MS = 20;
const OWN_CODE_MS = 15;
const FIRST_PORT = 20_000;
const LOOK_EVERY_MS = 20;

export async function createAndStart(bench: Bench): Promise<readonly Line[]> {
  const { client } = bench.device;
  const creates: number[] = [];
  const commands: number[] = [];
  const starts: number[] = [];
  const cpu: number[] = [];
  const runs: number[] = [];
  await bench.pace.rounds(12, 4, async (round) => {
    const desired = bench.desired({
      name: bench.newName(),
      hostConfig: {
        portMappings: [
          {
            protocol: "tcp",
            hostIp: "0.0.0.0",
            hostPort: FIRST_PORT + round,
            hostPortEnd: FIRST_PORT + round,
            containerPort: 80,
          },
        ],
      },
    });
    creates.push(await timed(() => client.create(desired, stepSignal())));
    const name = bench.newName();
    commands.push(await timed(() => runProgram(...bench.cli("create", "--name", name, IMAGE))));
    const usedMs = cpuMs(bench.daemonPid);
    starts.push(await timed(() => client.start(desired.id, stepSignal())));
    cpu.push(cpuMs(bench.daemonPid) - usedMs);
    const yard: string[] = [];
    runs.push(await timed(async () => yard.push(await bench.ctr.start(IMAGE, UNTIL_ASKED))));
    await bench.ctr.remove(...yard);
    await runProgram(...bench.cli("remove", "--force", desired.id));
    await runProgram(...bench.cli("remove", "--name", name));
  });
  const yardstick = { name: "ctr run, no network", values: runs };
  return [
    { flow: "create, image present", unit: "ms", ours: creates, budget: atMost(CREATE_MS) },
    { flow: "the same by kanto-cm", unit: "ms", ours: commands, budget: NO_BUDGET },
    { flow: "start, bridge network, one port", unit: "ms", ours: starts, yardstick, budget: times(1.4) },
    {
      flow: "the same, the daemon's own processor time (mean)",
      unit: "ms",
      // One start is shorter than the kernel's step.
      ours: [cpu.reduce((sum, value) => sum + value, 0) / cpu.length],
      budget: atMost(OWN_CODE_MS),
    },
  ];
}

export async function editManifest(bench: Bench): Promise<readonly Line[]> {
  return [
    await editTimes(bench, "manifest edited until the new container runs, fixed id", true),
    await editTimes(bench, "the same, no fixed id", false),
  ];
}

async function editTimes(bench: Bench, flow: string, hasFixedId: boolean): Promise<Line> {
  const edits: number[] = [];
  const runs: number[] = [];
  const folder = bench.newFolder();
  const name = bench.newName();
  const write = (round: number) =>
    writeManifest(folder, name, { ...(hasFixedId ? { id: name } : {}), env: [`ROUND=${round}`] });
  write(-1);
  bench.device.deploy(folder, ["--probation", "1"]);
  {
    await using watching = new Watching(bench.device.client);
    const isUp = (round: number) =>
      watching.until(`${name} runs in round ${round}`, (containers) =>
        containers.some(
          (one) =>
            one.name === name && one.state.status === "Running" && one.config?.env.includes(`ROUND=${round}`),
        ),
      );
    await isUp(-1);
    await bench.pace.rounds(8, 3, async (round) => {
      await untilSettled(bench);
      edits.push(
        await timed(async () => {
          write(round);
          await isUp(round);
        }),
      );
      const yard: string[] = [];
      runs.push(await timed(async () => yard.push(await bench.ctr.start(IMAGE, UNTIL_ASKED))));
      await bench.ctr.remove(...yard);
    });
    await untilSettled(bench);
    if (
      countRunning(await bench.device.client.list(stepSignal()).then((all) => [...all]), new Set([name])) !==
      1
    )
      throw new Error(`${name} does not run exactly once`);
  }
  await bench.device.end("kanto-auto-deployer", "SIGTERM");
  await runProgram(...bench.cli("remove", "--force", "--name", name));
  const yardstick = { name: "ctr run, no network", values: runs };
  return { flow, unit: "ms", ours: edits, yardstick, budget: times(3) };
}

/** Until the deployer has written down that nothing is under way; it tells nobody, so its memory is read. */
async function untilSettled(bench: Bench): Promise<void> {
  const state = bench.device.deployerState();
  const isPending = () => {
    const files = readdirSync(state).filter((file) => file.endsWith(".json"));
    const texts = files.map((file) => readFileSync(join(state, file), "utf8"));
    return (
      !texts.some((text) => text.includes('"containerId"')) ||
      texts.some((text) => text.includes('"pending"'))
    );
  };
  const signal = stepSignal();
  while (isPending()) {
    signal.throwIfAborted();
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
