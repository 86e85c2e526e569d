import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type LogRecord, silentLog } from "../../../src/base/log.ts";
import { readUptime, type Uptime } from "../../../src/base/uptime.ts";
import { LastUse } from "../../../src/images/last-use.ts";

const HOUR = 3_600_000;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A machine whose uptime the test sets; the wall clock plays no part anywhere. */
class Machine {
  now: Uptime = { bootId: "first", upMs: 1000 };
  readonly path: string;
  readonly lines: LogRecord[] = [];

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "sc-last-use-"));
    folders.push(folder);
    this.path = join(folder, "supercargo", "images.json");
  }

  run(ms: number): void {
    this.now = { ...this.now, upMs: this.now.upMs + ms };
  }

  reboot(): void {
    this.now = { bootId: `${this.now.bootId}+`, upMs: 0 };
  }

  start(): LastUse {
    return new LastUse({
      path: this.path,
      uptime: () => this.now,
      log: createLog("images", (record) => this.lines.push(record)),
    });
  }
}

describe("the last use of images", () => {
  test("counts from the moment at which nobody needs them, and stops when somebody does", () => {
    const machine = new Machine();
    const use = machine.start();
    expect(use.count(["a", "b"]).get("a")).toBe(0);
    machine.run(2 * HOUR);
    expect(use.count(["a"])).toEqual(new Map([["a", 2 * HOUR]]));
    machine.run(HOUR);
    expect(use.count(["a", "b"])).toEqual(
      new Map([
        ["a", 3 * HOUR],
        ["b", 0],
      ]),
    );
    use.use("a");
    expect(use.unusedMs("a")).toBe(0);
    expect(use.count(["a"]).get("a")).toBe(0);
  });

  test("goes on over a restart of the daemon, the time between included", () => {
    const machine = new Machine();
    machine.start().count(["a"]);
    machine.run(5 * HOUR);
    expect(machine.start().count(["a"]).get("a")).toBe(5 * HOUR);
  });

  test("goes on over reboots with what was saved and what the machine ran since", () => {
    const machine = new Machine();
    const first = machine.start();
    first.count(["a"]);
    machine.run(10 * HOUR);
    first.save();
    machine.run(HOUR);
    machine.reboot();
    machine.run(2 * HOUR);
    expect(machine.start().count(["a"]).get("a")).toBe(12 * HOUR);
  });

  test("a use holds over a power cut in the next moment", () => {
    const machine = new Machine();
    const first = machine.start();
    first.count(["a"]);
    machine.run(500 * HOUR);
    first.use("a");
    machine.reboot();
    expect(machine.start().count(["a"]).get("a")).toBe(0);
  });

  test.each([
    ["nothing", ""],
    ["half a record", '{"version":1,"bootId":"first","upMs":1000,"counted'],
    ["another version", '{"version":99}'],
    ["negative time", '{"version":1,"bootId":"x","upMs":-5,"countedMs":0,"unusedSinceMs":[]}'],
    ["texts for times", '{"version":1,"bootId":"x","upMs":0,"countedMs":0,"unusedSinceMs":[["a","old"]]}'],
    ["null", "null"],
  ])("a record of %s makes nothing older, and is told", (_what, text) => {
    const machine = new Machine();
    machine.start().count(["a"]);
    writeFileSync(machine.path, text);
    machine.run(HOUR);
    const use = machine.start();
    expect(use.count(["a"]).get("a")).toBe(0);
    expect(machine.lines.map(({ level }) => level)).toEqual(["WARN"]);
  });

  test("a record from the future of its own count makes nothing older", () => {
    const machine = new Machine();
    machine.start().count(["a"]);
    const text = '{"version":1,"bootId":"first","upMs":1000,"countedMs":5000,"unusedSinceMs":[["a",9000]]}';
    writeFileSync(machine.path, text);
    expect(machine.start().count(["a"]).get("a")).toBe(0);
  });

  test("is written for root alone, and only when something changes", () => {
    const machine = new Machine();
    const use = machine.start();
    use.count([]);
    expect(existsSync(machine.path)).toBe(false);
    use.count(["a"]);
    expect(statSync(machine.path).mode & 0o777).toBe(0o600);
    rmSync(machine.path);
    machine.run(HOUR);
    use.count(["a"]);
    expect(existsSync(machine.path)).toBe(false);
  });

  test("a disk that refuses costs a warning", () => {
    const machine = new Machine();
    writeFileSync(join(machine.path, "..", "..", "supercargo"), "in the way");
    const use = machine.start();
    expect(use.count(["a"]).get("a")).toBe(0);
    expect(machine.lines.some(({ message }) => message.includes("cannot be saved"))).toBe(true);
  });

  test("the machine's own uptime grows and belongs to one boot", () => {
    const first = readUptime();
    const second = readUptime();
    expect(second.bootId).toBe(first.bootId);
    expect(first.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.upMs).toBeGreaterThanOrEqual(first.upMs);
    expect(new LastUse({ path: undefined, uptime: readUptime, log: silentLog }).nowMs()).toBeLessThan(HOUR);
  });
});
