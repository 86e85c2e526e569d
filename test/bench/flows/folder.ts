/** A folder of which everything is deployed already: what a single run costs that finds nothing to do. */

import { type Bench, IMAGE, stepSignal, UNTIL_ASKED, writeManifest } from "../bench-device.ts";
import { type Line, times } from "../line.ts";
import { timed } from "../pace.ts";
import { runProgram } from "../run-program.ts";
import { FLEET } from "./fleet.ts";

export async function nothingToDo(bench: Bench): Promise<readonly Line[]> {
  const folder = bench.newFolder();
  const names = Array.from({ length: FLEET }, () => bench.newName());
  for (const name of names) writeManifest(folder, name, { id: name });
  const options = [
    "-s",
    bench.device.socket,
    "--state-dir",
    bench.device.deployerState(),
    "--probation",
    "0",
  ];
  const deploy = () => runProgram(bench.program("kanto-auto-deployer"), ...options, folder);
  await deploy();
  const before = await stateOf(bench);
  const ours: number[] = [];
  const runs: number[] = [];
  await bench.pace.rounds(10, 4, async () => {
    ours.push(await timed(deploy));
    const yard: string[] = [];
    runs.push(await timed(async () => yard.push(await bench.ctr.start(IMAGE, UNTIL_ASKED))));
    await bench.ctr.remove(...yard);
  });
  const fault = (await stateOf(bench)) === before ? {} : { fault: "a container was touched" };
  await bench.removeAll(names);
  return [
    {
      flow: `a second run over ${FLEET} manifests, nothing to do`,
      unit: "ms",
      ours,
      yardstick: { name: "ctr run, no network", values: runs },
      budget: times(1),
      ...fault,
    },
  ];
}

async function stateOf(bench: Bench): Promise<string> {
  const all = await bench.device.client.list(stepSignal());
  return all
    .map(({ id, state, created }) => `${id} ${state.pid} ${created}`)
    .sort()
    .join("\n");
}
