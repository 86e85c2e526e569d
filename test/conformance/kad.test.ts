/** The capture `kad_oneshot`: the deployer run twice over a folder with two good files and two bad ones, and once over none. */

import { afterAll, beforeAll, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import {
  allowancesOf,
  expectReasons,
  expectSame,
  loose,
  Names,
  type Result,
  readCapture,
  runStep,
} from "./support/capture.ts";
import { SilentCloud } from "./support/silent-cloud.ts";

const CAPTURE = "kad_oneshot";
const allowances = allowancesOf(CAPTURE);
const { steps, messages } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let cloud: SilentCloud;
let names: Names;
let root: string;

beforeAll(async () => {
  refuseInitialNamespace();
  root = realpathSync(mkdtempSync(join(tmpdir(), "supercargo-kad-")));
  const folder = join(root, "manifests");
  mkdirSync(folder);
  registry = await MemoryRegistry.start();
  const stay = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
  registry.offer("demo/app", "1.0", buildImage({ cmd: stay }));
  const image = { name: `localhost:${registry.port}/demo/app:1.0` };
  const write = (name: string, manifest: unknown) =>
    writeFileSync(join(folder, name), JSON.stringify(manifest));
  write("a.json", { container_name: "kada", image });
  write("b.json", {
    container_name: "kadb",
    image,
    config: { env: ["K=V"] },
    host_config: { restart_policy: { type: "no", maximum_retry_count: 0, retry_timeout: 0 } },
  });
  writeFileSync(join(folder, "c.json"), '{"container_name": "kadc"');
  write("d.json.disabled", { container_name: "kadd", image });
  write("e.json", { image });
  cloud = await SilentCloud.start();
  device = await startTestDevice({
    containers: { insecure_registries: [`localhost:${registry.port}`] },
    ...cloud.config,
  });
  names = new Names(device, registry.port);
}, 120_000);

afterAll(async () => {
  await device?.end();
  await cloud?.end();
  await registry?.stop();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

async function deploy(args: readonly string[]): Promise<Result> {
  const words = args.map((word) => word.replaceAll("ROOT", root));
  const options = ["-s", device.device.socket, "--state-dir", join(root, "state"), ...words];
  const { code, stdout, stderr } = await runProgram("kanto-auto-deployer", options);
  const plain = (text: string) => loose(names.plain(text).replaceAll(root, "ROOT"));
  return { rc: code, out: plain(stdout), err: plain(stderr) };
}

/** Lines about a container are in order; those of different containers mix, and one sort of warning names none. */
function inOrder(log: string): string {
  const lines = log.replace(/\n {4}[^\n]*/g, "").split("\n");
  const rankOf = (line: string) => {
    const name = /\[(kad\w)\]/.exec(line)?.[1];
    if (name !== undefined) return `2 ${name}`;
    return line.includes("WARN") ? "1" : line.includes("ERROR") || line === "" ? "3" : "0";
  };
  return lines.sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : rankOf(a) > rankOf(b) ? 1 : 0)).join("\n");
}

/** Which of the two is made first is not fixed, and with it their numbers and addresses. */
function comparable({ rc, out, err }: Result): Result {
  const text = loose(out)
    .replace(/\bID\d+\b/g, "ID")
    .replace(/\b172\.17\.0\.[23]\b/g, "172.17.0.N")
    .replace(/\b02:42:ac:11:00:0[23]\b/g, "02:42:ac:11:00:N");
  return { rc, err: inOrder(err), out: text.includes("|") ? text.split("\n").sort().join("\n") : text };
}

test.each(steps.map(({ step, got }) => [step, got] as const))(
  "%s",
  async (step, got) => {
    if (got?.args === undefined) throw new Error("a step without arguments");
    const isCommandLine = step === "list" || step === "get";
    const ours = isCommandLine ? await runStep(device, names, got.args) : await deploy(got.args);
    expectSame(comparable(ours), comparable(got), allowances[step]);
  },
  60_000,
);

test("the cloud heard the hand-shake and the agent's first state, and nothing else", () =>
  cloud.expectSame(messages));

test("every allowed difference names the line of the spec that speaks for it", () => {
  expectReasons(
    CAPTURE,
    steps.map(({ step }) => step),
  );
});
