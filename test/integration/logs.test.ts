import { afterEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { systemClock } from "../../src/base/clock.ts";
import { endProcess, findKeepers, isAlive } from "../../src/base/keeper-process.ts";
import { errnoName } from "../../src/base/libc.ts";
import { silentLog } from "../../src/base/log.ts";
import type { TaskStdio } from "../../src/engine/engine.ts";
import { attach } from "../../src/logs/attachment.ts";
import { FifoLogs } from "../../src/logs/fifo-logs.ts";
import type { OutputRequest } from "../../src/logs/logs.ts";
import type { Order } from "./logs-stand-in.ts";

const never = new AbortController().signal;
const TIMEOUT_MS = 120_000;
const cleanups: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-logs-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, "fifo");
  cleanups.push(() => {
    for (const keeper of findKeepers(root)) endProcess(keeper);
  });
  return folder;
}

async function openLogs(execRoot: string, holdMs = 30_000): Promise<FifoLogs> {
  const logs = new FifoLogs({ execRoot, clock: systemClock, log: silentLog, holdMs });
  await logs.open(never);
  cleanups.push(() => logs.close(false));
  return logs;
}

function request(folder: string, id: string, changes: Partial<OutputRequest> = {}): OutputRequest {
  return {
    id,
    tty: false,
    openStdin: false,
    logDir: join(folder, "containers", id),
    logConfig: {
      driver: { type: "json-file", maxFiles: 20, maxSize: "10M", rootDir: "" },
      mode: { mode: "blocking", maxBufferSize: "" },
    },
    ...changes,
  };
}

/** A writer that stands for the container: FIFOs as its stdout and stderr. */
function writer(stdio: TaskStdio, script: string) {
  const child = Bun.spawn(["sh", "-c", `exec >"$1" 2>"$2"; ${script}`, "sh", stdio.stdout, stdio.stderr], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  cleanups.push(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  return child;
}

/** Log texts of a stream over all files, in order; every line must be JSON. */
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

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

class StandIn {
  readonly #child;
  readonly #lines: string[] = [];
  #wake: () => void = () => {};

  constructor(before: readonly string[], ...args: string[]) {
    const script = join(import.meta.dir, "logs-stand-in.ts");
    this.#child = Bun.spawn([...before, process.execPath, script, ...args], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "ignore",
    });
    void this.#listen();
    cleanups.push(() => this.kill());
  }

  async #listen(): Promise<void> {
    let text = "";
    for await (const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      this.#lines.push(...lines);
      this.#wake();
    }
  }

  async answer(isIt: (answer: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      for (const [index, line] of this.#lines.entries()) {
        const answer = Object(JSON.parse(line));
        if (!isIt(answer)) continue;
        this.#lines.splice(index, 1);
        return answer;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  async order(order: Order): Promise<TaskStdio> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    this.#child.stdin.flush();
    const { stdio } = await this.answer(({ done, id }) => done === order.act && id === order.id);
    return Object(stdio);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

async function startStandIn(execRoot: string): Promise<StandIn> {
  const standIn = new StandIn([], execRoot);
  await standIn.answer(({ done }) => done === "open");
  return standIn;
}

/** A stand-in whose logs lie on a disk of 8 MiB of its own that is full but for 200 KiB; `free` makes space. */
async function startOnFullDisk(
  folder: string,
  holdMs: number,
): Promise<{ standIn: StandIn; free: () => void }> {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const script = 'mount -t tmpfs -o size=8m tmpfs "$0" && head -c 8184k /dev/zero >"$0/ballast"; exec "$@"';
  const before = ["unshare", "-m", "--propagation", "private", "sh", "-c", script, disk];
  const standIn = new StandIn(before, folder, String(holdMs));
  await standIn.answer(({ done }) => done === "open");
  truncateSync(`/proc/${standIn.pid}/root${disk}/ballast`, 7984 * 1024);
  return { standIn, free: () => rmSync(`/proc/${standIn.pid}/root${disk}/ballast`) };
}

/** How many FIFOs each living keeper of this exec root holds. */
function held(folder: string): number[] {
  return findKeepers(join(folder, "fifo")).flatMap(({ pid }) => {
    try {
      const names = readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
      return [names.filter((name) => name.startsWith(folder)).length];
    } catch (thrown) {
      // It has ended since it was found.
      if (["ENOENT", "ESRCH"].includes(errnoName(thrown) ?? "")) return [];
      throw thrown;
    }
  });
}

describe("output of containers", () => {
  test(
    "400 FIFOs are read at once, one process holds them all",
    async () => {
      const folder = scratch();
      const logs = await openLogs(folder);
      const asked = Array.from({ length: 200 }, (_, index) => request(folder, `c${index}`));
      const outputs = await Promise.all(asked.map((each) => logs.create(each)));
      await until(() => held(folder).join() === "400", "one keeper with 400 FIFOs");
      const script = outputs
        .map(({ stdio }) => `(seq 1 300; echo end >&2) >'${stdio.stdout}' 2>'${stdio.stderr}' &`)
        .join("\n");
      const path = join(folder, "writers.sh");
      writeFileSync(path, `${script}\nwait\n`);
      const child = Bun.spawn(["sh", path], { stdio: ["ignore", "ignore", "ignore"] });
      await Promise.all(outputs.map((output) => output.ended));
      await child.exited;
      let lines = 0;
      for (const each of asked) {
        const found = await texts(logs, each);
        expect(found).toEqual(numbers(1, 300));
        expect(await texts(logs, each, "stderr")).toEqual(["end"]);
        lines += found.length + 1;
      }
      await Promise.all(outputs.map((output) => output.close(false)));
      expect(readdirSync(join(folder, "fifo"))).toEqual(["holder"]);
      await until(() => findKeepers(join(folder, "fifo")).length === 0, "no keeper without FIFOs");
      console.log(`400 FIFOs: ${lines} lines, none missing`);
    },
    TIMEOUT_MS,
  );

  test(
    "300,000 lines are all there, in order",
    async () => {
      const folder = scratch();
      const logs = await openLogs(folder);
      const asked = request(folder, "many");
      const output = await logs.create(asked);
      const before = process.cpuUsage();
      const startMs = performance.now();
      writer(output.stdio, "seq 1 300000");
      await output.ended;
      const tookMs = Math.round(performance.now() - startMs);
      const { user, system } = process.cpuUsage(before);
      await output.close(false);
      const found = await texts(logs, asked);
      expect(found).toEqual(numbers(1, 300_000));
      console.log(
        `300,000 lines: ${found.length} in the log, ${tookMs} ms, CPU ${Math.round((user + system) / 1000)} ms`,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "a reader that is killed again and again while output comes, and comes back, loses and doubles no line",
    async () => {
      const folder = scratch();
      const logs = await openLogs(join(folder, "only-to-read"));
      const asked = request(folder, "killed");
      let standIn = await startStandIn(folder);
      const stdio = await standIn.order({ act: "create", id: asked.id, logDir: asked.logDir });
      await until(() => held(folder).join() === "2", "the keeper");
      const child = writer(stdio, "seq 1 600000");
      const logSize = (): number => {
        try {
          return readdirSync(asked.logDir).reduce(
            (sum, name) => sum + readFileSync(join(asked.logDir, name)).length,
            0,
          );
        } catch {
          return 0;
        }
      };
      let kills = 0;
      for (; kills < 8; kills++) {
        const seen = logSize();
        await until(() => child.exitCode !== null || logSize() > seen + 100_000, "more in the log");
        await standIn.kill();
        standIn = await startStandIn(folder);
        await standIn.order({ act: "reattach", id: asked.id, logDir: asked.logDir, stdio });
        await standIn.order({ act: "sweep", id: "", logDir: "" });
      }
      await child.exited;
      await standIn.answer(({ ended }) => ended === asked.id);
      await standIn.order({ act: "close", id: asked.id, logDir: asked.logDir });
      const found = await texts(logs, asked);
      expect(found.length).toBe(600_000);
      expect(found).toEqual(numbers(1, 600_000));
      console.log(`reader killed ${kills} times: ${found.length} of 600000 lines`);
    },
    TIMEOUT_MS,
  );

  test(
    "what a container writes and ends with while nobody reads is not lost, after a kill and after a proper end",
    async () => {
      for (const isKilled of [true, false]) {
        const folder = scratch();
        const asked = request(folder, "away");
        const first = await startStandIn(folder);
        const stdio = await first.order({ act: "create", id: asked.id, logDir: asked.logDir });
        if (isKilled) {
          await until(() => held(folder).join() === "2", "the keeper");
          await first.kill();
        } else await first.order({ act: "exit", id: "", logDir: "", keep: true });
        const child = writer(stdio, "seq 1 2000; echo oops >&2; printf 'no end'");
        expect(await child.exited).toBe(0);
        const second = await startStandIn(folder);
        await second.order({ act: "reattach", id: asked.id, logDir: asked.logDir, stdio });
        await second.answer(({ ended }) => ended === asked.id);
        await second.order({ act: "close", id: asked.id, logDir: asked.logDir });
        await second.order({ act: "exit", id: "", logDir: "" });
        const logs = await openLogs(join(folder, "only-to-read"));
        const found = await texts(logs, asked);
        expect(found).toEqual([...numbers(1, 2000), "no end"]);
        expect(await texts(logs, asked, "stderr")).toEqual(["oops"]);
        await until(() => findKeepers(join(folder, "fifo")).length === 0, "no keeper");
        console.log(
          `ended while nobody read (${isKilled ? "killed" : "ended"}): ${found.length} of 2001 lines`,
        );
      }
    },
    TIMEOUT_MS,
  );

  test(
    "a container that goes on waits for its reader and goes on when it is back",
    async () => {
      const folder = scratch();
      const asked = request(folder, "waits");
      const first = await startStandIn(folder);
      const stdio = await first.order({ act: "create", id: asked.id, logDir: asked.logDir });
      await until(() => held(folder).join() === "2", "the keeper");
      await first.kill();
      const child = writer(stdio, "seq 1 300000; echo done >&2");
      await until(() => readFileSync(`/proc/${child.pid}/stat`, "utf8").includes(") S "), "the writer waits");
      expect(child.exitCode).toBeNull();
      const second = await startStandIn(folder);
      await second.order({ act: "reattach", id: asked.id, logDir: asked.logDir, stdio });
      await second.answer(({ ended }) => ended === asked.id);
      const logs = await openLogs(join(folder, "only-to-read"));
      expect(await texts(logs, asked)).toEqual(numbers(1, 300_000));
      expect(await child.exited).toBe(0);
    },
    TIMEOUT_MS,
  );

  test("an earlier daemon's keeper lives until everything is attached again and swept", async () => {
    const folder = scratch();
    const asked = ["a", "b"].map((id) => request(folder, id));
    const first = await startStandIn(folder);
    const stdios: TaskStdio[] = [];
    for (const { id, logDir } of asked) stdios.push(await first.order({ act: "create", id, logDir }));
    await until(() => held(folder).join() === "4", "the keeper");
    const [old] = findKeepers(join(folder, "fifo"));
    await first.kill();
    const logs = await openLogs(folder);
    const [a, b] = asked;
    const [stdioA] = stdios;
    if (old === undefined || a === undefined || b === undefined || stdioA === undefined)
      throw new Error("set-up");
    await logs.reattach(a, stdioA);
    await until(() => held(folder).sort().join() === "2,4", "both keepers");
    await logs.sweep(new Set(["a"]));
    await until(() => held(folder).join() === "2" && !isAlive(old), "the new keeper alone");
    expect(readdirSync(join(folder, "fifo")).length).toBe(2);
    await logs.close(true);
    expect(held(folder)).toEqual([2]);
  });

  test("a keeper that was being started when the daemon was killed is found, one that dies is replaced", async () => {
    const folder = scratch();
    const asked = request(folder, "a");
    const first = await startStandIn(folder);
    await first.order({ act: "create", id: "a", logDir: asked.logDir });
    await until(() => held(folder).join() === "2", "the keeper");
    await first.kill();
    const path = join(folder, "fifo", "holder");
    const record = Object(JSON.parse(readFileSync(path, "utf8")));
    writeFileSync(path, JSON.stringify({ ...record, starting: true, keepers: [] }));
    const logs = await openLogs(folder);
    await logs.sweep(new Set());
    await until(() => held(folder).length === 0, "no keeper");
    await logs.create(request(folder, "b"));
    await until(() => held(folder).join() === "2", "a keeper");
    const [keeper] = findKeepers(join(folder, "fifo"));
    if (keeper === undefined) throw new Error("no keeper");
    endProcess(keeper);
    await until(() => held(folder).join() === "2" && !isAlive(keeper), "another keeper");
  });

  test("a record of keepers from another boot, or broken, or with a number that is now another process, hits nobody", async () => {
    const folder = scratch();
    mkdirSync(join(folder, "fifo"));
    const bystander = Bun.spawn(["sleep", "60"]);
    cleanups.push(() => bystander.kill());
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const keepers = [{ pid: bystander.pid, startTicks: "12345" }];
    for (const text of [
      JSON.stringify({ boot, starting: false, keepers }),
      JSON.stringify({ boot: "other", starting: true, keepers }),
      JSON.stringify({ boot, starting: false, keepers: [{ pid: "x" }] }),
      "{ broken",
    ]) {
      writeFileSync(join(folder, "fifo", "holder"), text);
      const logs = await openLogs(folder);
      await logs.sweep(new Set());
      await logs.close(false);
      expect(bystander.exitCode).toBeNull();
    }
  });

  test(
    "a line of 100 MB and a writer as fast as it can be: every byte or the newest files, in bounded memory",
    async () => {
      const folder = scratch();
      const logs = await openLogs(join(folder, "only-to-read"));
      const standIn = await startStandIn(folder);
      const peakMb = () =>
        Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${standIn.pid}/status`, "utf8"))?.[1]) / 1024;
      const line = request(folder, "line");
      const stdio = await standIn.order({ act: "create", id: line.id, logDir: line.logDir });
      const before = peakMb();
      const child = writer(stdio, "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo after");
      await standIn.answer(({ ended }) => ended === line.id);
      expect(await child.exited).toBe(0);
      await standIn.order({ act: "close", id: line.id, logDir: line.logDir });
      let bytes = 0;
      let last = "";
      const stamps = new Set<string>();
      for await (const part of logs.read(line.id, line.logConfig, line.logDir, { tail: -1 }, never)) {
        for (const text of part.split("\n").slice(0, -1)) {
          const record = Object(JSON.parse(text));
          last = String(record.log);
          if (last === "after\n") continue;
          stamps.add(String(record.time));
          bytes += last.length;
        }
      }
      expect([bytes, last, stamps.size]).toEqual([100_000_001, "after\n", 1]);

      const fast = request(folder, "fast");
      const other = await standIn.order({
        act: "create",
        id: fast.id,
        logDir: fast.logDir,
        maxSize: "1M",
        maxFiles: 3,
      });
      writer(other, "yes 'a line of a writer that never rests' | head -c 120000000; echo over");
      await standIn.answer(({ ended }) => ended === fast.id);
      await standIn.order({ act: "close", id: fast.id, logDir: fast.logDir });
      const sizes = readdirSync(fast.logDir).map((name) => statSync(join(fast.logDir, name)).size);
      expect(sizes.length).toBe(3);
      for (const size of sizes) expect(size).toBeLessThan(1024 * 1024 + 200);
      const tail = await Array.fromAsync(logs.read(fast.id, fast.logConfig, fast.logDir, { tail: 2 }, never));
      expect(tail.map((text) => Object(JSON.parse(text)).log)).toEqual([
        "a line of a writer that never rests\n",
        expect.stringContaining("over\n"),
      ]);
      const grownMb = peakMb() - before;
      expect(grownMb).toBeLessThan(96);
      console.log(`100 MB line and 120 MB flood: memory grew by ${Math.round(grownMb)} MiB at most`);
    },
    TIMEOUT_MS,
  );

  test(
    "non-blocking: a flood keeps the container going, the queue bounded, and every gap is told",
    async () => {
      const folder = scratch();
      const logs = await openLogs(folder);
      const mode = { mode: "non-blocking", maxBufferSize: "64k" };
      const asked = request(folder, "flood", { logConfig: { ...request(folder, "").logConfig, mode } });
      const output = await logs.create(asked);
      writer(output.stdio, "seq 1 300000");
      await output.ended;
      await output.close(false);
      const found = (await texts(logs, asked)).map(Number);
      const notices = await texts(logs, asked, "stderr");
      const dropped = notices.reduce((sum, text) => sum + Number(/\] (\d+) lines/.exec(text)?.[1]), 0);
      expect(found.length + dropped).toBe(300_000);
      expect(found).toEqual([...found].sort((a, b) => a - b));
      console.log(`non-blocking: ${found.length} lines kept, ${dropped} dropped in ${notices.length} gaps`);
    },
    TIMEOUT_MS,
  );

  test(
    "a listener that does not read costs the log nothing and knows what it missed",
    async () => {
      const folder = scratch();
      const logs = await openLogs(folder);
      const asked = request(folder, "slow");
      const output = await logs.create(asked);
      const slow = attach(output, never, 10_000);
      const failing = output.listen(() => {
        throw new Error("a listener's own fault");
      });
      writer(output.stdio, "seq 1 100000");
      await output.ended;
      expect(await texts(logs, asked)).toEqual(numbers(1, 100_000));
      let got = 0;
      let left = 0;
      for await (const { stream, data } of slow) {
        if (stream === "stdout") got += data.length;
        else left += Number(/ (\d+) bytes/.exec(Buffer.from(data).toString())?.[1]);
      }
      expect(got).toBeLessThanOrEqual(10_000);
      expect(got + left).toBe(`${numbers(1, 100_000).join("\n")}\n`.length);
      failing();
      console.log(`slow listener: ${got} bytes read, ${left} left out`);
    },
    TIMEOUT_MS,
  );

  test("a listener gets bytes unchanged and at once, half lines too; stdin reaches the container", async () => {
    const folder = scratch();
    const logs = await openLogs(folder);
    const asked = request(folder, "cat", { openStdin: true });
    const output = await logs.create(asked);
    const heard: string[] = [];
    const first = Promise.withResolvers<void>();
    output.listen((stream, chunk) => {
      heard.push(`${stream}:${Buffer.from(chunk).toString()}`);
      first.resolve();
    });
    const child = writer(output.stdio, `head -c 6 <'${output.stdio.stdin}'`);
    await output.write(Buffer.from("a\r\nüb"), never);
    await first.promise;
    await output.ended;
    expect(heard.join("")).toBe("stdout:a\r\nüb");
    expect(await texts(logs, asked)).toEqual(["a", "üb"]);
    output.endInput();
    expect(await output.write(Buffer.from("x"), never).catch((thrown: unknown) => thrown)).toHaveProperty(
      "code",
      "SC_INPUT_CLOSED",
    );
    await child.exited;
  });

  test("a terminal has one stream, its CR LF is a line end", async () => {
    const folder = scratch();
    const logs = await openLogs(folder);
    const asked = request(folder, "tty", { tty: true });
    const output = await logs.create(asked);
    expect(output.stdio.stderr).toBe("");
    writer({ ...output.stdio, stderr: "/dev/null" }, "printf 'a\\r\\nb\\r\\n'");
    await output.ended;
    await output.close(false);
    expect(await texts(logs, asked)).toEqual(["a", "b"]);
  });

  test("driver none reads and forgets, and its log says why there is none", async () => {
    const folder = scratch();
    const logs = await openLogs(folder);
    const driver = { type: "none", maxFiles: 0, maxSize: "", rootDir: "" };
    const asked = request(folder, "none", { logConfig: { ...request(folder, "").logConfig, driver } });
    const output = await logs.create(asked);
    writer(output.stdio, "seq 1 300000");
    await output.ended;
    await output.close(false);
    expect(await texts(logs, asked).catch(String)).toContain(
      "there are not any logs for container none with log type none",
    );
  });

  test("root_dir holds <id>/json.log, and the same place is read", async () => {
    const folder = scratch();
    const logs = await openLogs(folder);
    const driver = { type: "json-file", maxFiles: 2, maxSize: "1M", rootDir: join(folder, "elsewhere") };
    const asked = request(folder, "root", { logConfig: { ...request(folder, "").logConfig, driver } });
    const output = await logs.create(asked);
    writer(output.stdio, "echo here");
    await output.ended;
    await output.close(false);
    expect(readFileSync(join(folder, "elsewhere", "root", "json.log"), "utf8")).toContain("here");
    expect(await texts(logs, asked)).toEqual(["here"]);
  });

  test("a log that cannot be opened refuses the container and leaves no FIFO", async () => {
    const folder = scratch();
    const logs = await openLogs(folder);
    writeFileSync(join(folder, "containers"), "");
    const thrown = await logs.create(request(folder, "a")).catch((error: unknown) => error);
    expect(thrown).toHaveProperty("code", "SC_IO");
    expect(String(thrown)).toContain(join(folder, "containers", "a", "json.log"));
    expect(readdirSync(join(folder, "fifo"))).toEqual([]);
    expect(await logs.create(request(folder, "../a")).catch((error: unknown) => error)).toHaveProperty(
      "code",
      "SC_CONTAINER_INVALID",
    );
  });

  test(
    "a full disk costs no line when there is space again in time: the container waits",
    async () => {
      const folder = scratch();
      const { standIn, free } = await startOnFullDisk(folder, 30_000);
      const logDir = join(folder, "disk", "a");
      const stdio = await standIn.order({ act: "create", id: "a", logDir });
      const child = writer(stdio, "seq 1 50000");
      const log = `/proc/${standIn.pid}/root${logDir}/json.log`;
      // What did not go onto it whole is taken back: the log ends with a whole line.
      const isFull = () => statSync(log).size > 150_000 && readFileSync(log, "utf8").endsWith("}\n");
      await until(isFull, "the disk is full");
      free();
      await standIn.answer(({ ended }) => ended === "a");
      expect(await child.exited).toBe(0);
      const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
      expect(lines.map((line) => Object(JSON.parse(line)).log)).toEqual(
        numbers(1, 50_000).map((n) => `${n}\n`),
      );
    },
    TIMEOUT_MS,
  );

  test(
    "a disk that stays full does not stop the container, and the log says what is missing once there is space",
    async () => {
      const folder = scratch();
      const { standIn, free } = await startOnFullDisk(folder, 300);
      const logDir = join(folder, "disk", "a");
      const stdio = await standIn.order({ act: "create", id: "a", logDir });
      const child = writer(stdio, "seq 1 400000");
      const log = `/proc/${standIn.pid}/root${logDir}/json.log`;
      // More than the FIFO holds: it ends because its output is dropped.
      await child.exited;
      free();
      await standIn.answer(({ ended }) => ended === "a");
      await standIn.order({ act: "close", id: "a", logDir });
      const records = readFileSync(log, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => Object(JSON.parse(line)));
      const notices = records.filter(({ stream }) => stream === "stderr");
      const dropped = notices.reduce(
        (sum, { log: text }) => sum + Number(/\] (\d+) lines/.exec(text)?.[1]),
        0,
      );
      expect(dropped).toBeGreaterThan(0);
      expect(records.length - notices.length + dropped).toBe(400_000);
      console.log(`full disk: ${dropped} of 400000 lines dropped and told in ${notices.length} notice`);
    },
    TIMEOUT_MS,
  );
});
