import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { recentErrors } from "../../scripts/demo/demo-table.ts";
import { placesOf } from "../../scripts/demo/private-device.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { machineState } from "./support/machine-state.ts";

const PLACES = placesOf(ROOT);
/** Also in the command lines of shims. */
const OURS = [PLACES.run, PLACES.home];
const LIMIT_MS = 170_000;

interface Run {
  readonly code: number;
  readonly output: string;
  /** Time from the command to `until`. */
  readonly shownMs: number;
}

/** Runs `npm start`; `until` in the output ends it with Ctrl-C, sent to the whole group as a terminal does. */
function npmStart(
  args: readonly string[],
  until?: string,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", ["start", "--silent", ...args], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let output = "";
    let isEnding = false;
    const startedMs = performance.now();
    let shownMs = Number.NaN;
    const read = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (until === undefined || isEnding || !output.includes(until) || child.pid === undefined) return;
      isEnding = true;
      shownMs = performance.now() - startedMs;
      const { pid } = child;
      meanwhile().then(() => process.kill(-pid, "SIGINT"), reject);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, output, shownMs }));
  });
}

describe("npm start", () => {
  test(
    "--check runs all examples, sees an edit replace a container, and leaves the machine as it was",
    async () => {
      const before = machineState(OURS);
      const run = await npmStart(["--", "--check"]);
      expect(run.output).toContain("all 3 examples running after");
      expect(run.output).toContain("edited manifest to replaced container:");
      expect(run.code).toBe(0);
      expect(machineState(OURS)).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    "a second start soon shows running containers; Ctrl-C takes everything down",
    async () => {
      const before = machineState(OURS);
      let second: Run | undefined;
      const run = await npmStart([], "Open http://localhost:18080/", async () => {
        second = await npmStart(["--", "--check"]);
      });
      // One that is started beside it does no harm, and says why it does not start.
      expect(second?.code).toBe(1);
      expect(second?.output).toContain("It did not work: it runs already in this folder");
      expect(run.output).toMatch(/^NAME +IMAGE +STATE +SINCE +PORTS$/m);
      expect(run.output).toMatch(
        /^web +localhost\/supercargo\/demo:1\.0 +Running +\d+ s +0\.0\.0\.0:18080->80\/tcp$/m,
      );
      // A figure, not a test: the machine may be busy.
      console.log(`running containers after ${Math.round(run.shownMs)} ms`);
      expect(run.output).toContain("Taking everything down");
      // Older npm ends by the signal itself, newer npm passes our exit code on.
      expect([0, -1]).toContain(run.code);
      expect(machineState(OURS)).toEqual(before);
    },
    LIMIT_MS,
  );

  test("what the deployer said is wrong stands below the table for a while", () => {
    const said = "[2026-12-01T13:52:12Z ERROR kanto_auto_deployer] [CM error] /m/web.json:11:30: not so";
    const saidMs = Date.parse("2026-12-01T13:52:12Z");
    const shown = ["ERROR: [CM error] /m/web.json:11:30: not so"];
    expect(recentErrors([said, "[2026-12-01T13:52:12Z INFO  x] fine"], saidMs + 20_000)).toEqual(shown);
    expect(recentErrors([said], saidMs + 31_000)).toEqual([]);
  });

  test(
    "an unknown option is refused in one sentence",
    async () => {
      const run = await npmStart(["--", "--nonsense"]);
      expect(run.code).toBe(1);
      expect(run.output.trim()).toBe("Unknown option --nonsense. Use: npm start [-- --check]");
    },
    LIMIT_MS,
  );
});
