/** The auto deployer as a program: documented lines, exit codes, signals, memory. */

import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { FakeContainers } from "../deploy/support/fake-containers.ts";
import { manifestText, type TemporaryFolder, temporaryFolder } from "../deploy/support/folder.ts";
import { type Program, type ProgramOptions, startProgram } from "../deploy/support/program.ts";

const SHARED = join(import.meta.dir, "../../../../shared");
const open: Disposable[] = [];
const programs: Program[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.signal("SIGTERM");
    await program.exitCode;
  }
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

interface Place {
  readonly root: string;
  readonly manifests: string;
  readonly args: readonly string[];
}

function place(files: Readonly<Record<string, string>> = {}): Place {
  const made: TemporaryFolder = temporaryFolder();
  open.push(made);
  const manifests = join(made.path, "manifests");
  mkdirSync(manifests);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(manifests, name), text);
  return { root: made.path, manifests, args: ["--state-dir", join(made.path, "state"), manifests] };
}

function start(argv: readonly string[], options: ProgramOptions = {}): Program {
  const program = startProgram(argv, options);
  programs.push(program);
  return program;
}

async function runOnce(argv: readonly string[], options: ProgramOptions = {}) {
  const program = start(argv, options);
  const exitCode = await program.exitCode;
  return { exitCode, program, lines: program.lines() };
}

function daemon(at: Place, options: ProgramOptions = {}): Program {
  return start(["--daemon", "--probation", "0", ...at.args], options);
}

/** The same lines, however the containers' own lines were interleaved. */
function sorted(lines: readonly string[]): readonly string[] {
  return [...lines].sort();
}

const CONVERTED = "[TIME WARN  kanto_auto_deployer::manifest_parser] Failed to load manifest directly. ";

describe("a single run", () => {
  test("says what the reference says, bad files after the good ones, but for what was wrong with them", async () => {
    const capture = JSON.parse(readFileSync(join(SHARED, "cases/captures/kad_oneshot.json"), "utf8"));
    const reference = (step: string): readonly string[] => {
      const { got } = capture.steps.find((one: { step: string }) => one.step === step);
      // The reasons are ours, the rest is the peer's; its stack traces stand in indented lines.
      return got.err
        .split("\n")
        .filter((line: string) => line.startsWith("[") && !line.includes("[CM error]"));
    };
    const at = place({
      "a.json": manifestText("kada"),
      "b.json": manifestText("kadb"),
      "c.json": "{",
      "e.json": '{"container_name": 5}',
    });
    const normalised = (lines: readonly string[]) =>
      lines
        .map((line) => line.replaceAll(at.root, "ROOT"))
        .filter((line) => !line.startsWith(CONVERTED) && !line.includes("[CM error]"));
    const first = await runOnce(at.args);
    expect(first.exitCode).toBe(1);
    expect(sorted(normalised(first.lines))).toEqual(sorted(reference("first")));
    expect(normalised(first.lines).slice(0, 2)).toEqual(reference("first").slice(0, 2));
    expect(normalised(first.lines).at(-1)).toBe(reference("first").at(-1));
    const again = await runOnce(at.args, { containers: first.program.containers });
    expect(sorted(normalised(again.lines))).toEqual(sorted(reference("again")));
    const missing = await runOnce([join(at.root, "none")]);
    expect(missing.exitCode).toBe(255);
    expect(normalised(missing.lines)).toEqual([...reference("no directory")]);
  });

  test("looks like the document when all are there: a warning and a line for each, in order", async () => {
    const at = place({ "a.json": manifestText("cloudconnector"), "b.json": manifestText("databroker") });
    const { program } = await runOnce(at.args);
    const { exitCode, lines } = await runOnce([...at.args.slice(0, 2), `${at.manifests}/`], program);
    expect(exitCode).toBe(0);
    const converted = `${CONVERTED}Will attempt auto-conversion from init-dir format.`;
    expect(lines).toEqual([
      `[TIME INFO  kanto_auto_deployer] Running initial deployment of "${at.manifests}"`,
      `[TIME INFO  kanto_auto_deployer] Reading manifests from [${at.manifests}]`,
      converted,
      "[TIME INFO  kanto_auto_deployer] Already exists [cloudconnector]",
      converted,
      "[TIME INFO  kanto_auto_deployer] Already exists [databroker]",
    ]);
  });

  test("takes the working directory when no folder is named", async () => {
    const at = place({ "a.json": manifestText("web") });
    const { exitCode, program } = await runOnce(at.args.slice(0, 2), { workingDirectory: at.manifests });
    expect(exitCode).toBe(0);
    expect(program.containers.named("web").state.status).toBe("Running");
  });

  test("names file, line, column, key and reason of each bad manifest", async () => {
    const at = place({
      "bad.json":
        '{\n  "container_name": "web",\n  "image": { "name": "host/web:1" },\n  "config": { "env": "A=1" }\n}',
    });
    const { exitCode, lines } = await runOnce(at.args);
    expect(exitCode).toBe(1);
    const path = join(at.manifests, "bad.json");
    expect(lines.filter((line) => line.includes("[CM error]"))).toEqual([
      `[TIME ERROR kanto_auto_deployer] [CM error] ${path}:4:22: config.env: list of texts expected, text found (expected: list of texts)`,
    ]);
  });

  test("warns about an unknown key and deploys all the same", async () => {
    const at = place({ "a.json": manifestText("web", "host/web:1", { host_confg: {} }) });
    const { exitCode, lines } = await runOnce(at.args);
    expect(exitCode).toBe(0);
    expect(
      lines.some(
        (line) => line.includes("WARN  kanto_auto_deployer::manifest_parser]") && line.includes("host_confg"),
      ),
    ).toBe(true);
  });

  test("ends with 0 for an empty folder and says so", async () => {
    const at = place();
    const { exitCode, lines } = await runOnce(at.args);
    expect(exitCode).toBe(0);
    expect(lines.at(-1)).toBe(
      `[TIME ERROR kanto_auto_deployer] Failed to deploy directory: No manifests found in ${at.manifests}`,
    );
  });

  test("ends with 1 and one clear sentence when the daemon is away", async () => {
    const at = place({
      "a.json": manifestText("a"),
      "b.json": manifestText("b"),
      "c.json": manifestText("c"),
    });
    const containers = new FakeContainers(systemClock, "peer");
    containers.isAway = true;
    const { exitCode, lines } = await runOnce(at.args, { containers });
    expect(exitCode).toBe(1);
    expect(lines.filter((line) => line.includes("ERROR"))).toEqual([
      "[TIME ERROR kanto_auto_deployer] An error occurred when connecting to socket: No such file or directory",
    ]);
  });

  test("ends with 1 when an image cannot be had, and deploys the others", async () => {
    const at = place({ "a.json": manifestText("a", "host/missing:1"), "b.json": manifestText("b") });
    const containers = new FakeContainers(systemClock, "ours");
    const createError = new SupercargoError("SC_IMAGE_NOT_FOUND", "host/missing:1: not found");
    containers.images.set("host/missing:1", { createError });
    const { exitCode, lines } = await runOnce(at.args, { containers });
    expect(exitCode).toBe(1);
    expect(containers.named("b").state.status).toBe("Running");
    expect(lines).toContain(
      `[TIME ERROR kanto_auto_deployer] [CM error] ${join(at.manifests, "a.json")}: [a]: host/missing:1: not found`,
    );
  });

  test("redeploys a manifest that was changed while it was away, and says which keys differ to those who ask", async () => {
    const at = place({ "a.json": manifestText("web") });
    const { program } = await runOnce(["--probation", "0", ...at.args]);
    writeFileSync(join(at.manifests, "a.json"), manifestText("web", "host/web:2"));
    const environment = { RUST_LOG: "debug" };
    const again = await runOnce(["--probation", "0", ...at.args], {
      containers: program.containers,
      environment,
    });
    expect(again.exitCode).toBe(0);
    expect(program.containers.named("web").image.name).toBe("host/web:2");
    expect(again.lines.join("\n")).toContain("Changed in [web]: image.name");
    expect(again.lines.join("\n")).toContain("Already exists [web]");
    expect(again.lines.at(-1)).toContain("Successfully deployed 1, Failed: 0, Out of 1");
  });

  test("starts an existing container that is stopped, unless users' stops are to be respected", async () => {
    const at = place({ "a.json": manifestText("web") });
    const { program } = await runOnce(at.args);
    const { containers } = program;
    const stop = () => {
      const web = containers.named("web");
      containers.change(web.id, { manuallyStopped: true, state: { ...web.state, status: "Stopped" } });
    };
    stop();
    await runOnce(["--respect-stopped", ...at.args], { containers });
    expect(containers.named("web").state.status).toBe("Stopped");
    const { lines } = await runOnce(at.args, { containers });
    expect(containers.named("web").state.status).toBe("Running");
    expect(lines.slice(-3).map((line) => line.slice(line.indexOf("]") + 2))).toEqual([
      "Already exists [web]",
      "Starting [web]",
      "Started [web]",
    ]);
  });

  test("goes on without memory when the state directory cannot be used", async () => {
    const at = place({ "a.json": manifestText("web") });
    writeFileSync(join(at.root, "state"), "a file");
    const { exitCode, program, lines } = await runOnce(at.args);
    expect(exitCode).toBe(0);
    expect(lines.some((line) => line.includes("WARN") && line.includes("cannot be used"))).toBe(true);
    expect(program.containers.named("web").state.status).toBe("Running");
  });

  test("beside a daemon that owns the folder makes what is missing and leaves changes to it", async () => {
    const at = place({ "a.json": manifestText("a"), "b.json": manifestText("b") });
    const owner = daemon(at);
    await owner.says("Running in daemon mode");
    const { containers } = owner;
    containers.all.delete(containers.named("b").id);
    const { exitCode, lines } = await runOnce(at.args, { containers });
    expect(exitCode).toBe(0);
    expect(lines.some((line) => line.includes("WARN") && line.includes(`process ${process.pid}`))).toBe(true);
    expect(containers.named("b").state.status).toBe("Running");
  });

  test("ends with 1 when it is asked to end before all was deployed", async () => {
    const at = place({ "a.json": manifestText("web") });
    const containers = new FakeContainers(systemClock, "ours");
    const arrived = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    containers.onCall = (call) => {
      if (call !== "create") return undefined;
      arrived.resolve();
      return goOn.promise;
    };
    const program = start(at.args, { containers });
    await arrived.promise;
    program.signal("SIGINT");
    goOn.resolve();
    expect(await program.exitCode).toBe(1);
    expect(program.lines().at(-1)).toContain("asked to end before every manifest was deployed");
  });

  test("takes a folder whatever characters its path holds", async () => {
    const at = place();
    for (const name of ["a[1", "b{c,d}*?", 'e"f\\g', "h\ni %s"]) {
      const folder = join(at.manifests, name);
      mkdirSync(folder);
      writeFileSync(join(folder, "web.json"), manifestText("web"));
      const program = start(["--state-dir", join(at.root, "state"), "--probation", "0", folder]);
      expect(await program.exitCode).toBe(0);
      expect(program.containers.named("web").state.status).toBe("Running");
      const quoted = folder.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
      expect(program.lines()[0]).toEndWith(`Running initial deployment of "${quoted}"`);
    }
  });

  test("names sub-folders whose manifests it does not read", async () => {
    const at = place();
    mkdirSync(join(at.manifests, "example"));
    writeFileSync(join(at.manifests, "example", "a.json"), manifestText("web"));
    const { lines, program } = await runOnce(at.args);
    expect(lines.some((line) => line.includes("WARN") && line.includes("/example]"))).toBe(true);
    expect(program.containers.all.size).toBe(0);
  });

  test("refuses a path that is no folder like one that is not there", async () => {
    const at = place({ "a.json": manifestText("web") });
    const { exitCode, lines } = await runOnce([join(at.manifests, "a.json")]);
    expect(exitCode).toBe(255);
    expect(lines[0]).toContain("err: Not a directory (os error 20)");
  });

  test("deploys the thirteen samples and has nothing to do the second time", async () => {
    const at = place();
    const source = join(SHARED, "cases/manifests");
    for (const name of readdirSync(source)) {
      if (name.endsWith(".json")) writeFileSync(join(at.manifests, name), readFileSync(join(source, name)));
    }
    const first = await runOnce(at.args);
    expect(first.exitCode).toBe(0);
    const calls = first.program.containers.calls.length;
    const again = await runOnce(at.args, { containers: first.program.containers });
    expect(again.exitCode).toBe(0);
    expect(again.lines.filter((line) => line.includes("Already exists")).length).toBe(13);
    expect(first.program.containers.calls.slice(calls)).toEqual(["list"]);
  });
});

describe("daemon mode", () => {
  test("watches after the first pass, redeploys an edit within moments, and ends with 0", async () => {
    const at = place({ "a.json": manifestText("web") });
    const program = daemon(at);
    await program.says(`Running in daemon mode. Continuously monitoring "${at.manifests}"`);
    writeFileSync(join(at.manifests, "a.json"), manifestText("web", "host/web:2"));
    await program.says("Started [web]", 2);
    expect(program.containers.named("web").image.name).toBe("host/web:2");
    writeFileSync(join(at.manifests, "b.json"), manifestText("other"));
    await program.says("Started [other]");
    const date = new Date(Date.now() + 5000);
    utimesSync(join(at.manifests, "b.json"), date, date);
    await program.says("Started [other]", 2);
    program.signal("SIGTERM");
    expect(await program.exitCode).toBe(0);
  });

  test("notices what happens during the first pass", async () => {
    const at = place({ "a.json": manifestText("slow", "host/slow:1") });
    const containers = new FakeContainers(systemClock, "ours");
    containers.images.set("host/slow:1", { createMs: 3_600_000 });
    const program = daemon(at, { containers });
    await program.says("Creating [slow]");
    writeFileSync(join(at.manifests, "b.json"), manifestText("quick"));
    await program.says("Started [quick]");
    program.signal("SIGINT");
    expect(await program.exitCode).toBe(0);
  });

  test("says once that the daemon is away and once that it is back, and deploys then", async () => {
    const at = place({ "a.json": manifestText("a"), "b.json": manifestText("b") });
    const containers = new FakeContainers(systemClock, "peer");
    containers.isAway = true;
    const program = daemon(at, { containers });
    await program.says("Running in daemon mode");
    await until(() => containers.calls.length > 6, "it has tried often");
    containers.isAway = false;
    await program.says("Started [a]");
    await program.says("Started [b]");
    const { lines } = program;
    expect(lines().filter((line) => line.includes("An error occurred when connecting")).length).toBe(1);
    expect(lines().filter((line) => line.includes("answers again")).length).toBe(1);
  });

  test("says once that a registry is away, when it tries next, and goes on trying", async () => {
    const at = place({ "a.json": manifestText("web") });
    const containers = new FakeContainers(systemClock, "ours");
    const createError = new SupercargoError("SC_REGISTRY_UNAVAILABLE", "registry host does not answer");
    containers.images.set("host/web:1", { createError });
    const program = daemon(at, { containers });
    await until(
      () => containers.calls.filter((one) => one.startsWith("create")).length > 2,
      "it has tried three times",
    );
    containers.images.delete("host/web:1");
    await program.says("Started [web]");
    const told = program.lines().filter((line) => line.includes("[CM error]"));
    expect(told.length).toBe(1);
    expect(told[0]).toMatch(/\[web\]: registry host does not answer; next try in 0\.\d s$/);
    expect(program.lines().filter((line) => line.endsWith("Creating [web]")).length).toBe(1);
  });

  test("refuses a broken edit with its place and keeps what runs", async () => {
    const at = place({ "a.json": manifestText("web") });
    const program = daemon(at);
    await program.says("Running in daemon mode");
    writeFileSync(join(at.manifests, "a.json"), '{"container_name": "web",}');
    await program.says(`[CM error] ${join(at.manifests, "a.json")}:1:`);
    expect(program.containers.named("web").state.status).toBe("Running");
    writeFileSync(join(at.manifests, "a.json"), manifestText("web", "host/web:3"));
    await program.says("Started [web]", 2);
  });

  test("waits for a folder that is not there yet", async () => {
    const at = place();
    const later = join(at.root, "later");
    const program = start(["--daemon", ...at.args.slice(0, 2), later]);
    await program.says("waiting for it");
    mkdirSync(later);
    writeFileSync(join(later, "a.json"), manifestText("web"));
    await program.says("Started [web]");
  });

  test("a second one on the same folder is refused after a while and says which process has it", async () => {
    const at = place({ "a.json": manifestText("web") });
    const first = daemon(at);
    await first.says("Running in daemon mode");
    const second = daemon(at, { containers: first.containers });
    expect(await second.exitCode).toBe(1);
    expect(second.log()).toContain(`(process ${process.pid}) keeps`);
  }, 20_000);

  test("takes the folder over from one that is just ending", async () => {
    const at = place({ "a.json": manifestText("web") });
    const first = daemon(at);
    await first.says("Running in daemon mode");
    const second = daemon(at, { containers: first.containers });
    first.signal("SIGTERM");
    await second.says("Already exists [web]");
  });

  test("a second signal ends it at once", async () => {
    const at = place({ "a.json": manifestText("web") });
    const containers = new FakeContainers(systemClock, "ours");
    containers.onCall = (call) => (call === "start" ? new Promise<void>(() => {}) : undefined);
    const program = daemon(at, { containers });
    await program.says("Starting [web]");
    program.signal("SIGTERM");
    program.signal("SIGTERM");
    expect(await program.exitCode).toBe(143);
    programs.length = 0;
  });

  test("a folder that vanishes is told and waited for", async () => {
    const at = place({ "a.json": manifestText("web") });
    const program = daemon(at);
    await program.says("Running in daemon mode");
    renameSync(at.manifests, `${at.manifests}-away`);
    await program.says("cannot be read");
    renameSync(`${at.manifests}-away`, at.manifests);
    await program.says("Reading manifests from", 2);
    expect(program.containers.named("web").state.status).toBe("Running");
  });
});
