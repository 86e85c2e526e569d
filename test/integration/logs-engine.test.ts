import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { endProcess, findKeepers } from "../../src/base/keeper-process.ts";
import { silentLog } from "../../src/base/log.ts";
import type { TaskStdio } from "../../src/engine/engine.ts";
import type { OciSpec } from "../../src/engine/spec/oci.ts";
import { FifoLogs } from "../../src/logs/fifo-logs.ts";
import type { OutputRequest } from "../../src/logs/logs.ts";
import { EngineBench, LIMIT_MS, limit } from "./support/engine-bench.ts";

let bench: EngineBench;
const opened: FifoLogs[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  bench = await EngineBench.start();
}, LIMIT_MS);
afterEach(async () => {
  for (const logs of opened.splice(0)) await logs.close(false);
  for (const keeper of findKeepers(join(execRoot(), "fifo"))) endProcess(keeper);
});
afterAll(() => bench.stop(), LIMIT_MS);

function execRoot(): string {
  return join(bench.containerd.folder, "exec");
}

async function openLogs(): Promise<FifoLogs> {
  const logs = new FifoLogs({ execRoot: execRoot(), clock: systemClock, log: silentLog });
  await logs.open(never);
  opened.push(logs);
  return logs;
}

function request(id: string, changes: Partial<OutputRequest> = {}): OutputRequest {
  return {
    id,
    tty: false,
    openStdin: false,
    logDir: join(bench.containerd.folder, "containers", id),
    logConfig: {
      driver: { type: "json-file", maxFiles: 5, maxSize: "100M", rootDir: "" },
      mode: { mode: "blocking", maxBufferSize: "" },
    },
    ...changes,
  };
}

async function createTask(
  id: string,
  stdio: TaskStdio,
  script: string,
  change: (spec: OciSpec) => void = () => {},
): Promise<void> {
  await bench.engine.prepareSnapshot(`${id}-snapshot`, bench.image?.chainId ?? "", limit());
  await bench.engine.createTask(
    {
      id,
      snapshotKey: `${id}-snapshot`,
      spec: bench.spec(id, ["sh", "-c", script], change),
      runtime: "io.containerd.runc.v2",
      stdio,
    },
    limit(),
  );
}

async function texts(logs: FifoLogs, asked: OutputRequest, stream = "stdout"): Promise<string[]> {
  const found: string[] = [];
  for await (const part of logs.read(asked.id, asked.logConfig, asked.logDir, { tail: -1 }, never)) {
    for (const line of part.split("\n").slice(0, -1)) {
      const record = Object(JSON.parse(line));
      if (record.stream === stream) found.push(String(record.log).replace(/\n$/, ""));
    }
  }
  return found;
}

function numbers(to: number): string[] {
  return Array.from({ length: to }, (_, index) => String(index + 1));
}

describe("output of real containers", () => {
  test(
    "300,000 lines on stdout and one on stderr are in the log after the task is deleted",
    async () => {
      const logs = await openLogs();
      const asked = request("many");
      const output = await logs.create(asked);
      await createTask("many", output.stdio, "seq 1 300000; echo end >&2");
      const exit = bench.engine.waitTask("many", limit());
      const before = process.cpuUsage();
      const startMs = performance.now();
      await bench.engine.startTask("many", limit());
      await exit;
      await bench.engine.deleteTask("many", limit());
      await output.ended;
      const tookMs = Math.round(performance.now() - startMs);
      const { user, system } = process.cpuUsage(before);
      await output.close(false);
      expect(await texts(logs, asked)).toEqual(numbers(300_000));
      expect(await texts(logs, asked, "stderr")).toEqual(["end"]);
      console.log(`300,000 lines of a container: ${tookMs} ms, CPU ${Math.round((user + system) / 1000)} ms`);
    },
    LIMIT_MS,
  );

  test(
    "what is written to the end of a container while no daemon reads is there when one comes back",
    async () => {
      const first = await openLogs();
      const asked = request("away", { openStdin: true });
      const output = await first.create(asked);
      await createTask("away", output.stdio, "read line; seq 1 2000; printf 'no end'");
      const exit = bench.engine.waitTask("away", limit());
      await bench.engine.startTask("away", limit());
      await first.close(true);
      // Nobody of ours has the FIFOs open now but the keeper.
      const second = await openLogs();
      const stdio = output.stdio;
      const waker = Bun.spawn(["sh", "-c", 'echo go >"$1"', "sh", stdio.stdin]);
      await waker.exited;
      expect((await exit).exitCode).toBe(0);
      const again = await second.reattach(asked, stdio);
      await bench.engine.deleteTask("away", limit());
      await again.ended;
      await again.close(false);
      expect(await texts(second, asked)).toEqual([...numbers(2000), "no end"]);
    },
    LIMIT_MS,
  );

  test(
    "a container that goes on writes on into the hands of the next daemon",
    async () => {
      const first = await openLogs();
      const asked = request("goes-on");
      const output = await first.create(asked);
      await createTask("goes-on", output.stdio, "seq 1 400000");
      const exit = bench.engine.waitTask("goes-on", limit());
      await bench.engine.startTask("goes-on", limit());
      await first.close(true);
      const second = await openLogs();
      const again = await second.reattach(asked, output.stdio);
      await second.sweep(new Set(["goes-on"]));
      expect((await exit).exitCode).toBe(0);
      await bench.engine.deleteTask("goes-on", limit());
      await again.close(false);
      expect(await texts(second, asked)).toEqual(numbers(400_000));
    },
    LIMIT_MS,
  );

  test(
    "a terminal's single stream, and input to its end by the engine's closeStdin",
    async () => {
      const logs = await openLogs();
      const tty = request("tty", { tty: true });
      const screen = await logs.create(tty);
      await createTask("tty", screen.stdio, "echo on-screen; echo too >&2", (spec) => {
        spec.process.terminal = true;
      });
      const ttyExit = bench.engine.waitTask("tty", limit());
      await bench.engine.startTask("tty", limit());
      await ttyExit;
      await bench.engine.deleteTask("tty", limit());
      await screen.close(false);
      expect(await texts(logs, tty)).toEqual(["on-screen", "too"]);

      const cat = request("cat", { openStdin: true });
      const output = await logs.create(cat);
      await createTask("cat", output.stdio, "cat");
      const exit = bench.engine.waitTask("cat", limit());
      await bench.engine.startTask("cat", limit());
      const data = Buffer.from(`${numbers(40_000).join("\n")}\n`);
      await output.write(data, limit());
      output.endInput();
      await bench.engine.closeStdin("cat", limit());
      expect((await exit).exitCode).toBe(0);
      await bench.engine.deleteTask("cat", limit());
      await output.close(false);
      expect(await texts(logs, cat)).toEqual(numbers(40_000));
    },
    LIMIT_MS,
  );
});
