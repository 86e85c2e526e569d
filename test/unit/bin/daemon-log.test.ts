/** Where the daemon's log goes: file, system's log, standard output. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDaemonLog } from "../../../src/bin/daemon-log.ts";
import { DEFAULT_CONFIG } from "../../../src/config/daemon-config.ts";

/** A system's log: prints each datagram as a line of JSON, until one ends with `end`. */
const RECEIVER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
print(json.dumps("bound"), flush=True)
while True:
    text = s.recv(65536).decode()
    print(json.dumps(text), flush=True)
    if text.endswith("end"): break
`;

const level = () => "INFO" as const;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-daemon-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function config(changes: Partial<typeof DEFAULT_CONFIG.log>) {
  return { log: { ...DEFAULT_CONFIG.log, ...changes } };
}

/** What `act` writes to standard output. */
function outputOf(act: () => void): string {
  let text = "";
  const output = spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    act();
  } finally {
    output.mockRestore();
  }
  return text;
}

describe("the system's log", () => {
  test("gets each record with priority, time, program and pid; one that is too long is cut", async () => {
    const socket = join(folder, "log");
    const child = Bun.spawn(["python3", "-c", RECEIVER, socket], { stdout: "pipe" });
    const lines: string[] = [];
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      const wasBound = lines.length > 0;
      lines.push(...parts.map((line) => JSON.parse(line)));
      if (wasBound || lines.length === 0) continue;
      const log = openDaemonLog(config({ file: "", syslog: true }), level, socket);
      const said = outputOf(() => {
        log.error("broken", { container: "web" });
        log.debug("not wanted");
        log.info("x".repeat(10_000));
        log.info("over", { at: "end" });
      });
      expect(said).toBe("");
    }
    expect(await child.exited).toBe(0);
    expect(lines[1]).toMatch(
      new RegExp(
        `^<27>[A-Z][a-z]{2} [ 123]\\d \\d\\d:\\d\\d:\\d\\d container-management\\[${process.pid}\\]: time=".*" level=error msg="broken" module=daemon container=web$`,
      ),
    );
    expect(lines[2]).toHaveLength(8192);
    expect(lines[3]).toStartWith("<30>");
    expect(lines).toHaveLength(4);
  });

  test("that is away is told once in the peer's words; everything goes to standard output", () => {
    const log = openDaemonLog(config({ file: "", syslog: true }), level, join(folder, "nobody"));
    const said = outputOf(() => {
      log.info("one");
      log.debug("hidden");
      log.warn("two");
    });
    expect(said.split("\n").map((line) => /level=(.*)/.exec(line)?.[1])).toEqual([
      `warning msg="could not enable sys log due to error sendto ${join(folder, "nobody")}: ENOENT" module=daemon`,
      'info msg="one" module=daemon',
      'warning msg="two" module=daemon',
      undefined,
    ]);
  });

  test("gives way to a log file, and that is said there", () => {
    const file = join(folder, "deep/daemon.log");
    openDaemonLog(config({ file, syslog: true }), level, join(folder, "nobody")).info("hello");
    expect(
      readFileSync(file, "utf8")
        .split("\n")
        .map((line) => /msg="(.*)" /.exec(line)?.[1]),
    ).toEqual([
      "both sys log and log file are configured for daemon debug - log file will be used only",
      "hello",
      undefined,
    ]);
  });
});

test("without file and system's log it is standard output", () => {
  expect(outputOf(() => openDaemonLog(config({ file: "" }), level).info("hello"))).toContain('msg="hello"');
});

describe("old log files", () => {
  /** Writes three times a MB into a file that holds one; what is there afterwards. */
  function namesAfter(changes: Partial<typeof DEFAULT_CONFIG.log>): string[] {
    const file = join(folder, "daemon.log");
    const log = openDaemonLog(config({ file, fileSize: 1, fileCount: 3, ...changes }), level);
    for (let round = 0; round < 4; round++) {
      log.info("x".repeat(1024 * 1024 - 1024));
      for (const name of readdirSync(folder))
        utimesSync(join(folder, name), 0, (Date.now() - 86_400_000 * 9) / 1000);
    }
    return readdirSync(folder).sort();
  }

  test("older than the configured days go, with 0 days none does", () => {
    expect(namesAfter({ fileMaxAge: 0 })).toEqual([
      "daemon.log",
      "daemon.log.1",
      "daemon.log.2",
      "daemon.log.3",
    ]);
    rmSync(folder, { recursive: true });
    expect(namesAfter({ fileMaxAge: 10 })).toHaveLength(4);
    rmSync(folder, { recursive: true });
    expect(namesAfter({ fileMaxAge: 8 })).toEqual(["daemon.log", "daemon.log.1"]);
  });

  test("a size of 0 is the usual one, not a new file for each line", () => {
    expect(namesAfter({ fileSize: 0 })).toEqual(["daemon.log", "daemon.log.1"]);
  });
});
