import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { RemoteExec } from "../../src/api/exec-client.ts";
import { type ContainerDetails, Health } from "../../src/api/gen/supercargo/v1/details.ts";
import { SupercargoDefinition, WatchEvent_Action } from "../../src/api/gen/supercargo/v1/supercargo.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import type { HostConfig } from "../../src/model/container.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { type ExecWish, plainExec } from "../../src/model/exec.ts";
import type { Healthcheck } from "../../src/model/extras.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/exec:1";
let device: TestDevice;
let grpc: GrpcClient;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  grpc = await GrpcClient.connect({ unix: device.device.socket });
  await start("app", ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"], ["COLOUR=blue"]);
}, 120_000);

afterAll(async () => {
  grpc?.close();
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

const CHECK: Omit<Healthcheck, "probe"> = {
  intervalMs: 200,
  timeoutMs: 5_000,
  retries: 2,
  startPeriodMs: 0,
  onUnhealthy: "none",
};

function checked(
  name: string,
  cmd: readonly string[],
  healthcheck: Healthcheck,
  hostConfig: Partial<HostConfig> = {},
) {
  const restartPolicy = { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 0n };
  return fillDefaults({
    id: name,
    name,
    image: { name: IMAGE },
    config: { env: [], cmd },
    hostConfig: { restartPolicy, ...hostConfig },
    extras: { healthcheck },
  });
}

async function startChecked(...wish: Parameters<typeof checked>): Promise<void> {
  const { id } = await device.device.client.create(checked(...wish), stepSignal());
  await device.device.client.start(id, stepSignal());
}

async function details(id: string): Promise<ContainerDetails> {
  const { containers } = await grpc.unary(
    SupercargoDefinition,
    "details",
    { ids: [id] },
    { timeoutMs: 30_000 },
  );
  const [found] = containers;
  if (found === undefined) throw new Error(`no details of ${id}`);
  return found;
}

async function untilHealth(id: string, wanted: Health): Promise<ContainerDetails> {
  let seen = await details(id);
  const holds = async () => {
    seen = await details(id);
    return seen.health === wanted;
  };
  await until(holds, () => `${id} is ${wanted}: ${JSON.stringify(seen.healthReport)}`, 30_000);
  return seen;
}

async function inside(id: string, script: string): Promise<void> {
  const command = plainExec(["sh", "-c", script]);
  expect(await outcome(await device.device.client.exec(id, command, undefined, stepSignal()))).toMatchObject({
    code: 0,
  });
}

const WEB = ["sh", "-c", "mkdir -p /www; touch /www/ready; exec httpd -f -p 8123 -h /www"];

describe("health of a container", () => {
  test("by http, in a network of its own and in the host's, follows what it answers", async () => {
    const probe = { kind: "http", port: 8123, path: "/ready" } as const;
    await startChecked("web", WEB, { ...CHECK, probe });
    await startChecked("host-web", WEB, { ...CHECK, probe }, { networkMode: "host" });
    const seen = await untilHealth("web", Health.HEALTHY);
    expect(seen.healthReport?.lastProbe).toMatchObject({ success: true, output: "GET /ready: status 200" });
    await untilHealth("host-web", Health.HEALTHY);
    await inside("web", "rm /www/ready");
    const sick = await untilHealth("web", Health.UNHEALTHY);
    expect(sick.healthReport?.lastProbe?.output).toBe("GET /ready: status 404");
    expect(sick.container?.state?.running).toBe(true);
    const { problems } = await grpc.unary(SupercargoDefinition, "status", {}, { timeoutMs: 30_000 });
    expect(problems.map(({ code, subject }) => `${code} ${subject}`)).toContain("SC_CONTAINER_UNHEALTHY web");
    await inside("web", "touch /www/ready");
    await untilHealth("web", Health.HEALTHY);
    expect((await details("host-web")).health).toBe(Health.HEALTHY);
  }, 60_000);

  test("by tcp says whether somebody listens", async () => {
    await startChecked("listener", ["httpd", "-f", "-p", "9000"], {
      ...CHECK,
      probe: { kind: "tcp", port: 9000 },
    });
    await startChecked("deaf", ["sleep", "1000"], { ...CHECK, probe: { kind: "tcp", port: 9000 } });
    await untilHealth("listener", Health.HEALTHY);
    const deaf = await untilHealth("deaf", Health.UNHEALTHY);
    expect(deaf.healthReport?.lastProbe?.output).toContain("ECONNREFUSED");
  }, 60_000);

  test("by a command; an unhealthy one with `restart` is started again, and the change is told", async () => {
    const signal = new AbortController();
    const actions: string[] = [];
    const events = grpc.serverStream(
      SupercargoDefinition,
      "watch",
      { ids: ["worker"], run: "", after: 0n },
      { signal: signal.signal },
    );
    const watching = (async () => {
      for await (const { action } of events) actions.push(WatchEvent_Action[action] ?? "");
    })().catch(() => undefined);
    const probe = { kind: "exec", command: ["test", "-f", "/tmp/ok"] } as const;
    const script = ["sh", "-c", "touch /tmp/ok; exec sleep 1000"];
    await startChecked("worker", script, { ...CHECK, probe, onUnhealthy: "restart" });
    const before = await untilHealth("worker", Health.HEALTHY);
    await inside("worker", "rm /tmp/ok");
    const isAgain = async () => {
      const after = await details("worker");
      return after.health === Health.HEALTHY && after.container?.state?.pid !== before.container?.state?.pid;
    };
    await until(isAgain, "it runs again and is healthy", 60_000);
    expect((await details("worker")).container?.restartCount).toBe(1n);
    const told = () =>
      actions.filter((action) => !["PRESENT", "MARKER", "CREATED"].includes(action)).join(" ");
    await until(() => told().endsWith("HEALTH_CHANGED EXITED RUNNING HEALTH_CHANGED"), told);
    signal.abort();
    await watching;
  }, 90_000);

  test("goes on after the daemon was killed", async () => {
    await device.device.end("container-management", "SIGKILL");
    await device.device.startDaemon(stepSignal());
    grpc.close();
    grpc = await GrpcClient.connect({ unix: device.device.socket });
    expect((await details("worker")).health).toBe(Health.HEALTHY);
    expect((await details("deaf")).health).toBe(Health.UNHEALTHY);
    const isProbed = async () => (await details("web")).healthReport?.lastProbe !== undefined;
    await until(isProbed, "it is probed again");
    await inside("web", "rm /www/ready");
    await untilHealth("web", Health.UNHEALTHY);
  }, 60_000);

  test("decides about a successor: one that becomes unhealthy goes, the old one comes back", async () => {
    const probe = { kind: "exec", command: ["sh", "-c", "echo cannot work; exit 9"] } as const;
    const wanted = checked("listener", ["sleep", "2000"], { ...CHECK, probe });
    const options = { stop: { timeoutSeconds: 1, force: true, signal: "" }, probationMs: 60_000 };
    const outcome = await device.device.client.replace("listener", wanted, options, stepSignal());
    expect(outcome).toMatchObject({
      kind: "rolled-back",
      phase: "probation",
      reason: "it became unhealthy: exit code 9: cannot work",
    });
    await untilHealth("listener", Health.HEALTHY);
    const good = checked("listener", ["httpd", "-f", "-p", "9001"], {
      ...CHECK,
      probe: { kind: "tcp", port: 9001 },
    });
    const second = await device.device.client.replace(
      "listener",
      good,
      { ...options, probationMs: 300 },
      stepSignal(),
    );
    expect(second.kind).toBe("replaced");
    expect((await details("listener")).health).toBe(Health.HEALTHY);
  }, 90_000);
});

describe("what containers use", () => {
  test("is told once, and again and again; a busy one shows it", async () => {
    await start("busy", ["sh", "-c", "while :; do :; done"]);
    const once = grpc.serverStream(
      SupercargoDefinition,
      "stats",
      { ids: [], intervalMs: 0 },
      { timeoutMs: 30_000 },
    );
    const answers = [];
    for await (const answer of once) answers.push(answer);
    expect(answers).toHaveLength(1);
    const seen = new Map(answers[0]?.containers.map((container) => [container.id, container]));
    const busy = seen.get("busy");
    expect(busy?.warnings).toEqual([]);
    expect(busy?.cpuPercent ?? 0).toBeGreaterThan(1);
    expect(busy?.cpuPercent ?? 0).toBeGreaterThan(seen.get("app")?.cpuPercent ?? 100);
    expect(busy?.pids).toBe(1n);
    expect(Number(busy?.memoryUsedBytes)).toBeGreaterThan(10_000);
    expect(Number(busy?.memoryTotalBytes)).toBeGreaterThan(1_000_000);
    // The probes of its health go over its network.
    expect(Number(seen.get("web")?.networkReadBytes)).toBeGreaterThan(100);
    const stop = new AbortController();
    let rounds = 0;
    const again = grpc.serverStream(
      SupercargoDefinition,
      "stats",
      { ids: ["busy"], intervalMs: 100 },
      { signal: stop.signal },
    );
    for await (const { containers } of again) {
      expect(containers.map(({ id }) => id)).toEqual(["busy"]);
      rounds++;
      if (rounds === 3) break;
    }
    stop.abort();
    await device.device.client.remove("busy", true, undefined, stepSignal());
  }, 60_000);
});

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
