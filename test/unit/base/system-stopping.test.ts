import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runLevelIn, whySystemStops } from "../../../src/base/system-stopping.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-stopping-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function signs() {
  return {
    marker: join(folder, "marker"),
    systemdFolder: join(folder, "systemd"),
    systemctl: [join(folder, "missing"), join(folder, "systemctl")],
    utmp: [join(folder, "missing"), join(folder, "utmp")],
  };
}

function systemdSays(text: string, exitCode: number): void {
  mkdirSync(signs().systemdFolder);
  const script = `#!/bin/sh\n[ "$1" = is-system-running ] && echo ${text}\nexit ${exitCode}\n`;
  writeFileSync(join(folder, "systemctl"), script, { mode: 0o755 });
}

/** A utmp file of two records, of the length that this kind of machine gives them. */
function utmp(level: string, recordBytes: number): void {
  const content = Buffer.alloc(2 * recordBytes);
  content.writeUInt16LE(2, 0);
  content.write("reboot", 44);
  content.writeUInt16LE(1, recordBytes);
  content.writeInt32LE("N".charCodeAt(0) * 256 + level.charCodeAt(0), recordBytes + 4);
  content.write("~", recordBytes + 8);
  content.write("runlevel", recordBytes + 44);
  writeFileSync(join(folder, "utmp"), content);
}

test("without any sign only the program ends", async () => {
  expect(await whySystemStops(signs())).toBeUndefined();
});

for (const [text, exitCode, isStopping] of [
  ["stopping", 1, true],
  ["running", 0, false],
  ["degraded", 1, false],
  ["starting", 1, false],
] as const) {
  test(`systemd that says ${text} ${isStopping ? "stops the system" : "does not stop the system"}`, async () => {
    systemdSays(text, exitCode);
    // A level that an earlier init has left counts for nothing.
    utmp("6", 384);
    expect((await whySystemStops(signs())) !== undefined).toBe(isStopping);
  });
}

test("systemd that cannot be asked is no sign", async () => {
  mkdirSync(signs().systemdFolder);
  expect(await whySystemStops(signs())).toBeUndefined();
});

for (const [level, isStopping] of [
  ["0", true],
  ["6", true],
  ["2", false],
  ["1", false],
] as const) {
  test(`run level ${level} of sysvinit ${isStopping ? "stops the system" : "does not stop the system"}`, async () => {
    // Records of x86-64 and of arm64.
    for (const recordBytes of [384, 400]) {
      utmp(level, recordBytes);
      expect((await whySystemStops(signs())) !== undefined).toBe(isStopping);
    }
  });
}

test("a utmp file that is cut or foreign has no run level", () => {
  const path = join(folder, "utmp");
  for (const content of ["", "runlevel", "runlevel\0", `${"x".repeat(60)}runlevel\0`]) {
    writeFileSync(path, content);
    expect(runLevelIn(path)).toBeUndefined();
  }
});

test("the marker is for inits that have no sign of their own", async () => {
  writeFileSync(signs().marker, "");
  expect(await whySystemStops(signs())).toContain("marker");
});
