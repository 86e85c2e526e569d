import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { runCommand } from "../../../src/base/process.ts";

describe("a program that is run", () => {
  test("tells exit code, signal and both outputs, and gets what it is to read", async () => {
    const result = await runCommand(["sh", "-c", "cat; echo warned >&2; exit 3"], { input: "größe" });
    expect(result).toMatchObject({ exitCode: 3, signal: undefined, stdout: "größe", stderr: "warned\n" });
    expect(await runCommand(["sh", "-c", "kill -9 $$"])).toMatchObject({ signal: "SIGKILL" });
  });

  test("gets our environment without what steers the runtime or is the supervisor's, and what it is given", async () => {
    process.env["BUN_OPTIONS"] = "--preload=/nowhere.js";
    process.env["BUN_BE_BUN"] = "1";
    process.env["NOTIFY_SOCKET"] = "/nowhere";
    try {
      const { stdout } = await runCommand(["env"], { env: { GIVEN: "yes" } });
      expect(stdout).toContain("GIVEN=yes\n");
      expect(stdout).toContain("PATH=");
      expect(stdout).not.toContain("BUN_");
      expect(stdout).not.toContain("NOTIFY_SOCKET");
    } finally {
      delete process.env["NOTIFY_SOCKET"];
      delete process.env["BUN_OPTIONS"];
      delete process.env["BUN_BE_BUN"];
    }
  });

  test("is killed at its limit and when its caller gives up", async () => {
    await expect(runCommand(["sleep", "100"], { timeoutMs: 50 })).rejects.toThrow(
      "sleep did not end within 50 ms",
    );
    const caller = new AbortController();
    const run = runCommand(["sleep", "100"], { signal: caller.signal });
    caller.abort(new Error("given up"));
    await expect(run).rejects.toThrow("given up");
  });

  test("is cut off at its limit although its children hold the output, and they go with it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sc-process-"));
    const command = ["sh", "-c", `sleep 1000 & echo $! > ${folder}/child; wait`];
    const startedMs = performance.now();
    await expect(runCommand(command, { timeoutMs: 300 })).rejects.toThrow("did not end within 300 ms");
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    const child = readFileSync(join(folder, "child"), "utf8").trim();
    const isGone = () => {
      const stat = existsSync(`/proc/${child}/stat`) ? readFileSync(`/proc/${child}/stat`, "utf8") : "";
      return stat === "" || /\) [ZX] /.test(stat);
    };
    await until(isGone, "the child is gone");
    rmSync(folder, { recursive: true });
  });

  test("that is not there is named", async () => {
    await expect(runCommand(["no-such-program"])).rejects.toThrow("cannot run no-such-program");
  });

  test("may write more than is kept", async () => {
    const running = runCommand(["head", "-c", "20000000", "/dev/zero"]);
    // Meanwhile this process is busy: what came then arrives in large pieces.
    await Promise.resolve();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    const { stdout, exitCode } = await running;
    expect(exitCode).toBe(0);
    expect(stdout.length).toBe(4 << 20);
  });
});
