/** What the auto deployer tells besides its log: the plan, the status of each manifest, word to the supervisor. */

import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { FakeContainers } from "../deploy/support/fake-containers.ts";
import { manifestText, temporaryFolder } from "../deploy/support/folder.ts";
import { type Program, type ProgramOptions, startProgram } from "../deploy/support/program.ts";

const open: Disposable[] = [];
const programs: Program[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.signal("SIGTERM");
    await program.exitCode;
  }
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

function place(files: Readonly<Record<string, string>>) {
  const made = temporaryFolder();
  open.push(made);
  const manifests = join(made.path, "manifests");
  const state = join(made.path, "state");
  mkdirSync(manifests);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(manifests, name), text);
  return { manifests, state, args: ["--state-dir", state, "--probation", "0", manifests] };
}

function start(argv: readonly string[], options: ProgramOptions = {}): Program {
  const program = startProgram(argv, options);
  programs.push(program);
  return program;
}

async function run(argv: readonly string[], options: ProgramOptions = {}) {
  const program = start(argv, options);
  return { code: await program.exitCode, out: program.stdout(), err: program.log(), program };
}

describe("--dry-run", () => {
  test("tells what would be done, in words, and does nothing", async () => {
    const at = place({ "a.json": manifestText("web"), "b.json": manifestText("db"), "c.json": "{" });
    const { code, out, program } = await run(["--dry-run", ...at.args]);
    expect(out.split("\n")).toEqual([
      "[web] (a.json) is made and started: no container of this name",
      "[db] (b.json) is made and started: no container of this name",
      expect.stringMatching(/^c\.json is not deployed: .*c\.json:1:2: unexpected end of file/),
      "2 to do, 0 as wished, 1 not possible",
      "",
    ]);
    expect(code).toBe(1);
    expect(program.containers.all.size).toBe(0);
    expect(readdirSync(join(at.state, ".."))).toEqual(["manifests"]);
  });

  test("names the keys that differ, what would be started, and with --prune what would go", async () => {
    const at = place({
      "a.json": manifestText("web"),
      "b.json": manifestText("db"),
      "c.json": manifestText("gone"),
    });
    const { program } = await run(at.args);
    const { containers } = program;
    writeFileSync(join(at.manifests, "a.json"), manifestText("web", "host/web:2"));
    containers.change(containers.named("db").id, {
      state: { ...containers.named("db").state, status: "Exited" },
    });
    unlinkSync(join(at.manifests, "c.json"));
    const { out, code } = await run(["--dry-run", "--prune", ...at.args], { containers });
    expect(code).toBe(0);
    expect(out).toBe(
      "[web] (a.json) is replaced: image.name\n[db] (b.json) is started: it is exited\n[gone] (c.json) is removed: c.json is gone\n3 to do, 0 as wished, 0 not possible\n",
    );
    const { changes } = JSON.parse((await run(["--dry-run", "--json", ...at.args], { containers })).out);
    expect(changes).toEqual([
      { file: "a.json", container: "web", action: "replace", reasons: ["image.name"], warnings: [] },
      { file: "b.json", container: "db", action: "start", reasons: ["it is exited"], warnings: [] },
    ]);
  });

  test("after a deployment there is nothing to do", async () => {
    const at = place({ "a.json": manifestText("web") });
    const { program } = await run(at.args);
    const { out } = await run(["--dry-run", ...at.args], { containers: program.containers });
    expect(out).toBe("[web] (a.json) stays as it is\nNothing to do: 1 as wished\n");
  });
});

describe("--status", () => {
  test("one entry per manifest: what became of it, why, and when it is tried again", async () => {
    const at = place({
      "a.json": manifestText("web"),
      "b.json": manifestText("bad", "host/absent:1"),
      "c.json": "[]",
      "d.json": manifestText("web"),
    });
    const containers = new FakeContainers(systemClock, "ours");
    const away = new SupercargoError("SC_REGISTRY_UNAVAILABLE", "the registry is away");
    containers.images.set("host/absent:1", { createError: away });
    const daemon = start(["--daemon", ...at.args], { containers });
    await daemon.says("Running in daemon mode");
    const asked = async () => JSON.parse((await run(["--status", "--json", ...at.args], daemon)).out);
    let status = await asked();
    await until(async () => {
      status = await asked();
      return status.manifests.length === 4;
    }, "the status is written");
    expect(status.isAtWork).toBe(true);
    const brief = status.manifests.map((one: Record<string, string>) => [
      one["file"],
      one["container"],
      one["state"],
    ]);
    expect(brief).toEqual([
      ["a.json", "web", "done"],
      ["b.json", "bad", "failed"],
      ["c.json", "", "invalid"],
      ["d.json", "web", "rival"],
    ]);
    expect(status.manifests[0].containerStatus).toBe("Running");
    expect(status.manifests[1].reason).toBe("the registry is away");
    expect(Date.parse(status.manifests[1].nextTry)).toBeGreaterThan(Date.parse(status.manifests[1].since));
    expect(status.manifests[2].reason).toContain("c.json:1:1: object expected at top level, list found");
    const table = await run(["--status", ...at.args], daemon);
    expect(table.code).toBe(1);
    const [head, columns, first] = table.out.split("\n");
    expect(head).toStartWith(`${at.manifests}: is kept deployed; as of `);
    expect(columns).toMatch(/^FILE {4}CONTAINER {2}STATE {4}RUNS AS {2}SINCE {17}NEXT TRY {14}REASON$/);
    expect(first).toMatch(
      /^a\.json {2}web {8}done {5}Running {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}- {21}-$/,
    );
  });

  test("all is well: exit code 0, also when the deployer has ended; the file is for everybody to read", async () => {
    const at = place({ "a.json": manifestText("web") });
    const { program } = await run(at.args);
    const { code, out } = await run(["--status", ...at.args], program);
    expect(code).toBe(0);
    expect(out).toStartWith(`${at.manifests}: no deployer is at work on it; as of `);
    const file = readdirSync(at.state).find((name) => name.endsWith(".status.json")) ?? "";
    expect(statSync(join(at.state, file)).mode & 0o777).toBe(0o644);
    expect(JSON.parse(readFileSync(join(at.state, file), "utf8")).version).toBe(1);
  });

  test("nothing known: said so, exit code 1", async () => {
    const at = place({});
    const { code, out } = await run(["--status", ...at.args]);
    expect(code).toBe(1);
    expect(out).toBe(`${at.manifests}: no deployer is at work on it; nothing is known of its manifests\n`);
  });
});

test("the supervisor hears when nothing is missed any more, how it went, and that the end has begun", async () => {
  const at = place({ "a.json": manifestText("web"), "b.json": "{}" });
  const daemon = start(["--daemon", ...at.args]);
  await daemon.says("Running in daemon mode");
  expect(daemon.notices).toEqual([
    { ready: true, status: "deploying 2 manifests" },
    { status: `1 of 2 manifests were deployed; watching ${at.manifests}` },
  ]);
  daemon.signal("SIGTERM");
  await daemon.exitCode;
  expect(daemon.notices.at(-1)).toEqual({ stopping: true });
});

test("a single run tells the supervisor nothing", async () => {
  const at = place({ "a.json": manifestText("web") });
  const { program } = await run(at.args);
  expect(program.notices).toEqual([]);
});
