/** What may lie in a folder and what becomes of it: each row of docs/manual/folder.md (R21). */

import { afterEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../../scripts/project/setup.mjs";
import { checkManifests } from "../../../../src/deploy/folder/check.ts";
import { describeNote } from "../../../../src/manifest/note.ts";
import { manifestText, temporaryFolder } from "../support/folder.ts";
import { type Program, startProgram } from "../support/program.ts";

const open: Disposable[] = [];
const programs: Program[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) {
    program.signal("SIGTERM");
    await program.exitCode;
  }
  for (const one of open.splice(0).reverse()) one[Symbol.dispose]();
});

/** A folder with files, and a place for the deployer's memory beside it. */
function place(files: Readonly<Record<string, string>> = {}) {
  const root = temporaryFolder();
  open.push(root);
  const folder = join(root.path, "manifests");
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(at(name), text);
    // Written long ago: nobody is still writing it.
    utimesSync(at(name), 1_700_000_000, 1_700_000_000);
  }
  return { root: root.path, folder, at, state: join(root.path, "state") };
}

type Place = ReturnType<typeof place>;

async function watch({ folder, state }: Place, containers?: Program["containers"]): Promise<Program> {
  const options = containers === undefined ? {} : { containers };
  const program = startProgram(["--daemon", "--probation", "0", "--state-dir", state, folder], options);
  programs.push(program);
  await program.says("Running in daemon mode");
  return program;
}

const running = ({ containers }: Program) =>
  [...containers.all.values()]
    .filter(({ state }) => state.status === "Running")
    .map(({ name, image }) => `${name} ${image.name}`)
    .sort();

const started = (program: Program, name: string) =>
  program.lines().filter((line) => line.endsWith(`Started [${name}]`)).length;

const ROWS: Readonly<Record<string, () => Promise<void>>> = {
  "editors' swap and backup files": async () => {
    const here = place({ "a.json": manifestText("a") });
    const program = await watch(here);
    writeFileSync(here.at(".a.json.swp"), manifestText("swap"));
    writeFileSync(here.at("4913"), "");
    renameSync(here.at("a.json"), here.at("a.json~"));
    writeFileSync(here.at("a.json"), manifestText("a", "host/web:2"));
    writeFileSync(here.at("#a.json#"), manifestText("auto"));
    unlinkSync(here.at(".a.json.swp"));
    await program.says("Started [a]", 2);
    writeFileSync(here.at("z.json"), manifestText("z"));
    await program.says("Started [z]");
    expect(running(program)).toEqual(["a host/web:2", "z host/web:1"]);
    expect(started(program, "a")).toBe(2);
  },

  "a half-written file": async () => {
    const here = place({ "a.json": manifestText("a") });
    const program = await watch(here);
    const text = manifestText("a", "host/web:2");
    writeFileSync(here.at("a.json"), text.slice(0, 20));
    writeFileSync(here.at("b.json"), manifestText("b"));
    await program.says("Started [b]");
    writeFileSync(here.at("a.json"), text);
    await program.says("Started [a]", 2);
    expect(running(program)).toEqual(["a host/web:2", "b host/web:1"]);
    expect(started(program, "a")).toBe(2);
  },

  "a file renamed over another": async () => {
    const here = place({ "a.json": manifestText("a") });
    const program = await watch(here);
    writeFileSync(here.at("a.json.new"), manifestText("a", "host/web:2"));
    renameSync(here.at("a.json.new"), here.at("a.json"));
    await program.says("Started [a]", 2);
    expect(running(program)).toEqual(["a host/web:2"]);
  },

  "a link to a file": async () => {
    const here = place();
    mkdirSync(here.at("..v1"));
    mkdirSync(here.at("..v2"));
    writeFileSync(here.at("..v1/a"), manifestText("a"));
    writeFileSync(here.at("..v2/a"), manifestText("a", "host/web:2"));
    symlinkSync("..v1", here.at("..data"));
    symlinkSync("..data/a", here.at("a.json"));
    const program = await watch(here);
    expect(running(program)).toEqual(["a host/web:1"]);
    symlinkSync("..v2", here.at("..new"));
    renameSync(here.at("..new"), here.at("..data"));
    await program.says("Started [a]", 2);
    expect(running(program)).toEqual(["a host/web:2"]);
  },

  "a link to nothing, a loop of links": async () => {
    const here = place({ "z.json": manifestText("z") });
    symlinkSync("nowhere", here.at("a.json"));
    symlinkSync("c.json", here.at("b.json"));
    symlinkSync("b.json", here.at("c.json"));
    symlinkSync(".", here.at("d.json"));
    const program = await watch(here);
    for (const name of ["a", "b", "c"])
      await program.says(`${here.at(`${name}.json`)}: is a link to nothing`);
    await program.says(`${here.at("d.json")}: is a folder, not a file`);
    expect(running(program)).toEqual(["z host/web:1"]);
  },

  "a folder, a pipe, a device with a manifest's name": async () => {
    const here = place({ "z.json": manifestText("z") });
    mkdirSync(here.at("a.json"));
    expect(spawnSync("mkfifo", [here.at("b.json")]).status).toBe(0);
    symlinkSync("/dev/zero", here.at("c.json"));
    const program = await watch(here);
    await program.says(`${here.at("a.json")}: is a folder, not a file`);
    for (const name of ["b", "c"]) await program.says(`${here.at(`${name}.json`)}: is not a regular file`);
    expect(running(program)).toEqual(["z host/web:1"]);
  },

  "10,000 files": async () => {
    const here = place();
    writeFileSync(here.at("broken"), "{");
    for (let file = 0; file < 10_000; file++) {
      if (file % 500 === 0) writeFileSync(here.at(`${file}.json`), manifestText(`c${file}`));
      else linkSync(here.at("broken"), here.at(`${file}.json`));
    }
    const program = startProgram(["--probation", "0", "--state-dir", here.state, here.folder]);
    expect(await program.exitCode).toBe(1);
    expect(running(program)).toHaveLength(20);
    const named = program.lines().filter((line) => line.includes("unexpected end of file"));
    expect(named).toHaveLength(9_980);
  },

  "a file of more than a megabyte": async () => {
    const here = place({ "a.json": manifestText("a"), "b.json": " ".repeat(1_048_577) });
    const program = await watch(here);
    await program.says("b.json: the file has 1048577 bytes, a manifest has at most 1048576");
    expect(running(program)).toEqual(["a host/web:1"]);
  },

  "the folder is removed and made again": async () => {
    const here = place({ "a.json": manifestText("a"), "b.json": manifestText("b") });
    const program = await watch(here);
    const before = program.containers.named("a").id;
    rmSync(here.folder, { recursive: true });
    await program.says("cannot be read (ENOENT); containers stay as they are");
    expect(running(program)).toEqual(["a host/web:1", "b host/web:1"]);
    mkdirSync(here.folder);
    writeFileSync(here.at("a.json"), manifestText("a"));
    writeFileSync(here.at("b.json"), manifestText("b", "host/web:2"));
    await program.says("Started [b]", 2);
    expect(running(program)).toEqual(["a host/web:1", "b host/web:2"]);
    expect(program.containers.named("a").id).toBe(before);
  },

  "a file that cannot be read": async () => {
    const here = place({ "a.json": manifestText("a"), "b.json": manifestText("b") });
    const program = await watch(here);
    // Reading it fails for root too, which permissions do not.
    symlinkSync("/proc/self/mem", here.at("new"));
    renameSync(here.at("new"), here.at("a.json"));
    await program.says(`${here.at("a.json")}: cannot be read: `);
    expect(running(program)).toEqual(["a host/web:1", "b host/web:1"]);
    writeFileSync(here.at("new"), manifestText("a", "host/web:2"));
    renameSync(here.at("new"), here.at("a.json"));
    await program.says("Started [a]", 2);
    expect(running(program)).toEqual(["a host/web:2", "b host/web:1"]);
  },

  "names that differ only by case": async () => {
    const here = place({ "Web.json": manifestText("Web"), "web.json": manifestText("web") });
    const program = await watch(here);
    expect(running(program)).toEqual(["Web host/web:1", "web host/web:1"]);
    const { files } = checkManifests([here.folder], false);
    const warnings = files.flatMap((file) => file.warnings.map(describeNote));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      `web.json:1:19: container_name: differs only by case from the container "Web"`,
    );
    expect(warnings[0]).toContain(here.at("Web.json"));
  },

  "two files for one container": async () => {
    const here = place({ "a.json": manifestText("web"), "b.json": manifestText("web", "host/web:2") });
    const program = await watch(here);
    await program.says('container name "web" is already given by a.json; b.json is not deployed');
    expect(running(program)).toEqual(["web host/web:1"]);
    unlinkSync(here.at("a.json"));
    await program.says("Started [web]", 2);
    expect(running(program)).toEqual(["web host/web:2"]);
    writeFileSync(here.at("a.json"), manifestText("web"));
    await program.says('container name "web" is already given by b.json; a.json is not deployed');
    expect(running(program)).toEqual(["web host/web:2"]);
  },

  "a sub-folder": async () => {
    const here = place({ "z.json": manifestText("z") });
    mkdirSync(here.at("more"));
    writeFileSync(here.at("more/a.json"), manifestText("a"));
    const program = await watch(here);
    await program.says(`The manifests in [${here.at("more")}] are not deployed: sub-folders are not read`);
    writeFileSync(here.at("more/b.json"), manifestText("b"));
    mkdirSync(here.at("later"));
    writeFileSync(here.at("later/c.json"), manifestText("c"));
    writeFileSync(here.at("y.json"), manifestText("y"));
    await program.says("Started [y]");
    expect(running(program)).toEqual(["y host/web:1", "z host/web:1"]);
  },

  "`x.json.disabled`": async () => {
    const here = place({ "a.json": manifestText("a"), "x.json.disabled": manifestText("x") });
    const program = await watch(here);
    expect(running(program)).toEqual(["a host/web:1"]);
    renameSync(here.at("a.json"), here.at("a.json.disabled"));
    renameSync(here.at("x.json.disabled"), here.at("x.json"));
    await program.says("Started [x]");
    expect(running(program)).toEqual(["a host/web:1", "x host/web:1"]);
    expect(started(program, "a")).toBe(1);
  },

  "a hidden file": async () => {
    const here = place({
      ".a.json": manifestText("a"),
      ".json": manifestText("b"),
      "z.json": manifestText("z"),
    });
    const program = await watch(here);
    writeFileSync(here.at(".c.json"), manifestText("c"));
    writeFileSync(here.at("y.json"), manifestText("y"));
    await program.says("Started [y]");
    expect(running(program)).toEqual(["y host/web:1", "z host/web:1"]);
  },
};

describe("in the folder", () => {
  test("each row of the manual is one of these tests, and the other way round", () => {
    const page = readFileSync(join(ROOT, "docs/manual/folder.md"), "utf8");
    const rows = page.split("\n").flatMap((line) => /^\| (.*?) \| .* \|$/.exec(line)?.[1] ?? []);
    expect(rows.slice(1).sort()).toEqual(Object.keys(ROWS).sort());
  });

  for (const [row, run] of Object.entries(ROWS)) test(row, run, 60_000);
});
