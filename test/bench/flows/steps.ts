/** The way from request to running, step by step, as the daemon's own log tells it; beside containerd's own tool. */

import { readFileSync } from "node:fs";
import { type Bench, IMAGE, stepSignal, UNTIL_ASKED } from "../bench-device.ts";
import { atMost, type Line, NO_BUDGET } from "../line.ts";
import { timed } from "../pace.ts";

const OWN_STEPS_MS = 15;
/** Steps in which others work for us: unshare, CNI's plugins, containerd with shim and runc. */
const STEPS = ["image", "snapshot", "save", "namespace", "cni", "output", "spec", "taskCreate", "taskStart"];
const TEXTS: Readonly<Record<string, string>> = {
  image: "create: the image is found",
  snapshot: "create: snapshot",
  save: "create: state saved",
  namespace: "start: namespace (unshare)",
  cni: "start: interface and address (CNI)",
  output: "start: readers on the output",
  spec: "start: OCI spec",
  taskCreate: "start: shim and runc create",
  taskStart: "start: runc start",
};

type Fields = Readonly<Record<string, number>>;

export async function steps(bench: Bench): Promise<readonly Line[]> {
  const { client } = bench.device;
  await bench.setLogLevel("DEBUG");
  const seen: Fields[] = [];
  const runs: number[] = [];
  await bench.pace.rounds(16, 6, async () => {
    const desired = bench.desired({ name: bench.newName() });
    await client.create(desired, stepSignal());
    await client.start(desired.id, stepSignal());
    seen.push(fieldsOf(bench, desired.id));
    const yard: string[] = [];
    runs.push(await timed(async () => yard.push(await bench.ctr.start(IMAGE, UNTIL_ASKED))));
    await bench.ctr.remove(...yard);
    await bench.removeAll([desired.id]);
  });
  await bench.setLogLevel("INFO");
  const valuesOf = (step: string) => seen.map((fields) => fields[`${step}Ms`] ?? Number.NaN);
  const own = seen.map(
    (fields) =>
      (fields["tookMs"] ?? Number.NaN) -
      ["namespace", "cni", "taskCreate", "taskStart"].reduce(
        (sum, step) => sum + (fields[`${step}Ms`] ?? Number.NaN),
        0,
      ),
  );
  const yardstick = { name: "ctr run, no network", values: runs };
  return [
    ...STEPS.map(
      (step): Line => ({ flow: TEXTS[step] ?? step, unit: "ms", ours: valuesOf(step), budget: NO_BUDGET }),
    ),
    { flow: "start: all of it", unit: "ms", ours: valuesOf("took"), yardstick, budget: NO_BUDGET },
    {
      flow: "start: without namespace, CNI, containerd and runc",
      unit: "ms",
      ours: own,
      budget: atMost(OWN_STEPS_MS),
    },
  ];
}

/** All `…Ms` that the log tells of a container. */
function fieldsOf(bench: Bench, id: string): Fields {
  const lines = readFileSync(bench.device.logPath("container-management"), "utf8").split("\n");
  const fields: Record<string, number> = {};
  for (const line of lines) {
    if (!line.includes(id)) continue;
    for (const [, key = "", value] of line.matchAll(/ (\w+Ms)=([\d.]+)/g)) fields[key] = Number(value);
  }
  return fields;
}
