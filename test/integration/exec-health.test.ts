import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { RemoteExec } from "../../src/api/exec-client.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { type ExecWish, plainExec } from "../../src/model/exec.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/exec:1";
let device: TestDevice;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  await start("app", ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"], ["COLOUR=blue"]);
}, 120_000);

afterAll(async () => {
  await device?.end();
}, 120_000);

async function start(name: string, cmd: readonly string[], env: readonly string[] = []): Promise<void> {
  const policy = { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n };
  const wish = {
    id: name,
    name,
    image: { name: IMAGE },
    config: { env, cmd },
    hostConfig: { restartPolicy: policy },
  };
  await device.device.client.create(fillDefaults(wish), stepSignal());
  await device.device.client.start(name, stepSignal());
}

function exec(command: readonly string[], more: Partial<ExecWish> = {}): Promise<RemoteExec> {
  return device.device.client.exec("app", { ...plainExec(command), ...more }, undefined, stepSignal());
}

async function outcome(running: RemoteExec): Promise<{ stdout: string; stderr: string; code: number }> {
  const text = { stdout: "", stderr: "" };
  for await (const { stream, data } of running.output) text[stream] += Buffer.from(data).toString("utf8");
  return { ...text, code: await running.exitCode };
}

function shell(script: string, more: Partial<ExecWish> = {}): Promise<RemoteExec> {
  return exec(["sh", "-c", script], more);
}

/** Pipes that the daemon keeps for processes in containers. */
function pipes(): readonly string[] {
  const folder = join(device.device.places.run, "cm", "supercargo", "exec");
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function processes(): Promise<string> {
  return (await outcome(await exec(["ps", "-o", "args"]))).stdout;
}

describe("a command in a container", () => {
  test("gives both outputs and its exit code, in the container's environment and folder", async () => {
    const seen = await outcome(await shell("echo $COLOUR in $PWD; echo oops >&2; exit 7"));
    expect(seen).toEqual({ stdout: "blue in /\n", stderr: "oops\n", code: 7 });
    await until(() => pipes().length === 0, "the pipes are gone");
  }, 60_000);

  test("takes another user, folder and environment", async () => {
    const more = { user: "1234:567", workingDir: "/tmp", env: ["COLOUR=red", "MORE=1"] };
    const seen = await outcome(await shell("echo $(id -u):$(id -g) $PWD $COLOUR $MORE", more));
    expect(seen).toEqual({ stdout: "1234:567 /tmp red 1\n", stderr: "", code: 0 });
  }, 60_000);

  test("reads its input to the end", async () => {
    const running = await exec(["wc", "-c"], { openStdin: true });
    const chunk = Buffer.alloc(100_000, "x");
    for (let round = 0; round < 5; round++) await running.write(chunk);
    await running.endInput();
    expect(await outcome(running)).toEqual({ stdout: "500000\n", stderr: "", code: 0 });
  }, 60_000);

  test("gets a terminal with the size that was asked for", async () => {
    const running = await device.device.client.exec(
      "app",
      { ...plainExec(["sh", "-c", "read line; stty size; echo $TERM"]), tty: true, openStdin: true },
      { columns: 111, rows: 33 },
      stepSignal(),
    );
    await running.write(Buffer.from("go\n"));
    const { stdout, code } = await outcome(running);
    expect([stdout.replaceAll("\r\n", "|"), code]).toEqual(["go|33 111|xterm|", 0]);
  }, 60_000);

  test("a megabyte of output comes whole to a slow reader", async () => {
    const running = await shell("dd if=/dev/zero bs=1000 count=1000 2>/dev/null | tr '\\0' x");
    let bytes = 0;
    for await (const { data } of running.output) bytes += data.length;
    expect(bytes).toBe(1_000_000);
    expect(await running.exitCode).toBe(0);
  }, 60_000);

  test("a signal reaches it", async () => {
    const running = await shell("trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done");
    let seen = "";
    for await (const { data } of running.output) {
      seen += Buffer.from(data).toString("utf8");
      if (seen === "ready\n") await running.sendSignal(10);
    }
    expect([seen, await running.exitCode]).toEqual(["ready\ngot it\n", 5]);
  }, 60_000);

  test("that does not exist is refused with the runtime's words", async () => {
    await expect(exec(["/no/such/program"])).rejects.toThrow("no such file or directory");
    await expect(exec([])).rejects.toThrow("the command to execute is missing");
    const nobody = device.device.client.exec("nobody", plainExec(["true"]), undefined, stepSignal());
    await expect(nobody).rejects.toThrow("no such container with id = nobody exists");
    await until(() => pipes().length === 0, "the pipes are gone");
  }, 60_000);

  test("is killed when its client goes, and leaves nothing", async () => {
    const client = new AbortController();
    const command = plainExec(["sleep", "4321"]);
    await device.device.client.exec("app", command, undefined, client.signal);
    expect(await processes()).toContain("sleep 4321");
    client.abort(new Error("gone"));
    await until(() => pipes().length === 0, "the pipes are gone");
    expect(await processes()).not.toContain("sleep 4321");
  }, 60_000);

  test("that a killed daemon left is ended by the next daemon; the container goes on", async () => {
    const before = await device.device.client.get("app", stepSignal());
    const left = await exec(["sleep", "9876"]);
    left.exitCode.catch(() => undefined);
    await device.device.end("container-management", "SIGKILL");
    await device.device.startDaemon(stepSignal());
    await until(() => pipes().length === 0, "the pipes are gone");
    expect(await processes()).not.toContain("sleep 9876");
    const after = await device.device.client.get("app", stepSignal());
    expect(after?.state).toMatchObject({ status: "Running", pid: before?.state.pid ?? 0 });
  }, 60_000);

  test("ends with its container and does not hold up the stop", async () => {
    const running = await exec(["sleep", "5555"]);
    const stop = { timeoutSeconds: 20, force: true, signal: "" };
    const begun = performance.now();
    await device.device.client.stop("app", stop, stepSignal());
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect((await outcome(running)).code).toBe(137);
    await expect(exec(["true"])).rejects.toThrow("its status is Stopped");
    await until(() => pipes().length === 0, "the pipes are gone");
  }, 60_000);
});
