import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, realFileSystem } from "../../../src/base/file-system.ts";
import { toStoredJson } from "../../../src/manifest/stored.ts";
import type { Container } from "../../../src/model/container.ts";
import type { Extras } from "../../../src/model/extras.ts";
import { HEALTH_DEFAULTS } from "../../../src/model/extras-rules.ts";
import { openContainerStore } from "../../../src/store/container-files.ts";
import { openJournal } from "../../../src/store/journal-files.ts";
import type { Additions } from "../../../src/store/store.ts";
import { containerOf } from "../model/builders.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "sc-store-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const ADDITIONS: Additions = { origin: "folder", values: { published: [8080], label: "x" } };
const container = (id: string, changes: Partial<Container> = {}): Container => ({
  ...containerOf({ id, name: id }),
  ...changes,
});
const path = (id: string, file: string): string => join(home, "containers", id, file);
const mode = (file: string): number => statSync(file).mode & 0o777;

test("what is saved is loaded again, additions included", () => {
  const store = openContainerStore(home);
  const one = container("one", { restartCount: 3 });
  store.save(one, ADDITIONS);
  const loaded = openContainerStore(home).load();
  expect(loaded.problems).toEqual([]);
  expect(loaded.containers).toEqual([
    { container: container("one", { restartCount: 3 }), additions: ADDITIONS, editedElsewhere: false },
  ]);
});

test("the file is Kanto's: one line, its modes; ours beside it is private", () => {
  const store = openContainerStore(home);
  store.save(container("one"), ADDITIONS);
  expect(readFileSync(path("one", "config.json"), "utf8")).toBe(`${toStoredJson(container("one"))}\n`);
  expect(mode(path("one", "config.json"))).toBe(0o600);
  expect(mode(path("one", "supercargo.json"))).toBe(0o600);
  expect(mode(join(home, "containers", "one"))).toBe(0o711);
  expect(readdirSync(join(home, "containers", "one")).sort()).toEqual(["config.json", "supercargo.json"]);
});

test("a container that Kanto made is taken over", () => {
  mkdirSync(join(home, "containers", "kanto"), { recursive: true });
  writeFileSync(path("kanto", "config.json"), `${toStoredJson(container("kanto"))}\n`);
  const { containers } = openContainerStore(home).load();
  expect(containers[0]).toEqual({
    container: container("kanto"),
    additions: { origin: "", values: {} },
    editedElsewhere: false,
  });
});

test("a file that Kanto wrote anew is adopted, additions are kept, and it is said", () => {
  openContainerStore(home).save(container("one"), ADDITIONS);
  const edited = container("one", { name: "renamed" });
  writeFileSync(path("one", "config.json"), `${toStoredJson(edited)}\n`);
  const store = openContainerStore(home);
  expect(store.load().containers[0]).toEqual({
    container: edited,
    additions: ADDITIONS,
    editedElsewhere: true,
  });
  store.save(edited, ADDITIONS);
  expect(openContainerStore(home).load().containers[0]?.editedElsewhere).toBe(false);
});

const EXTRAS: Extras = {
  readOnlyRoot: true,
  readOnlyMounts: ["/data"],
  user: "app",
  entrypoint: [],
  cpus: 1.5,
  pidsLimit: 64,
  sysctls: { "net.core.somaxconn": "512" },
  ulimits: [{ name: "nofile", soft: 2048, hard: -1 }],
  noNewPrivileges: false,
  labels: { team: "drive" },
  pullPolicy: "newer",
  healthcheck: { ...HEALTH_DEFAULTS, probe: { kind: "http", port: 80, path: "/up" } },
};
const MOUNTS = [{ source: "/srv/data", destination: "/data", propagationMode: "rprivate" }];

test("extras are kept beside Kanto's file, never in it", () => {
  const one = container("one", { mounts: MOUNTS, extras: EXTRAS });
  openContainerStore(home).save(one, ADDITIONS);
  expect(readFileSync(path("one", "config.json"), "utf8")).toBe(
    `${toStoredJson(container("one", { mounts: MOUNTS }))}\n`,
  );
  expect(openContainerStore(home).load().containers[0]?.container).toEqual(one);
});

test("extras that change alone are saved, and outlive a file that Kanto wrote anew", () => {
  const store = openContainerStore(home);
  store.save(container("one", { mounts: MOUNTS }), ADDITIONS);
  store.save(container("one", { mounts: MOUNTS, extras: EXTRAS }), ADDITIONS);
  expect(openContainerStore(home).load().containers[0]?.container.extras).toEqual(EXTRAS);
  writeFileSync(
    path("one", "config.json"),
    `${toStoredJson(container("one", { mounts: MOUNTS, name: "renamed" }))}\n`,
  );
  const again = openContainerStore(home);
  const adopted = again.load().containers[0];
  expect(adopted?.container).toEqual(container("one", { mounts: MOUNTS, name: "renamed", extras: EXTRAS }));
  expect(adopted?.editedElsewhere).toBe(true);
  again.save(container("one", { mounts: MOUNTS, name: "renamed" }), ADDITIONS);
  expect(openContainerStore(home).load().containers[0]?.container.extras).toBeUndefined();
});

test("a mount that Kanto has taken away is not read-only any more", () => {
  openContainerStore(home).save(container("one", { mounts: MOUNTS, extras: EXTRAS }), ADDITIONS);
  writeFileSync(path("one", "config.json"), `${toStoredJson(container("one"))}\n`);
  const { readOnlyMounts: _, ...rest } = EXTRAS;
  expect(openContainerStore(home).load().containers[0]?.container.extras).toEqual(rest);
});

test("extras that make no sense are put aside and reported", () => {
  for (const extras of [
    { user: 5 },
    { pullPolicy: "x" },
    { ulimits: [{ name: "core" }] },
    { healthcheck: {} },
  ]) {
    openContainerStore(home).save(container("one"), ADDITIONS);
    const file = JSON.parse(readFileSync(path("one", "supercargo.json"), "utf8"));
    file.entries[0].extras = extras;
    writeFileSync(path("one", "supercargo.json"), JSON.stringify(file));
    const { containers, problems } = openContainerStore(home).load();
    expect(containers[0]?.container).toEqual(container("one"));
    expect(problems[0]?.reason).toContain("an entry is incomplete");
  }
});

test("a disk that refuses is named with the folder and the reason", () => {
  const full: FileSystem = {
    ...realFileSystem,
    write: () => {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), {
        code: "ENOSPC",
        syscall: "write",
      });
    },
  };
  const note = () => openJournal(home, full).write("key", 1);
  expect(note).toThrow(
    `state cannot be saved in ${home}/supercargo/journal: ENOSPC: no space left on device`,
  );
  const save = () => openContainerStore(home, full).save(container("one"), ADDITIONS);
  expect(save).toThrow(`state cannot be saved in ${home}/containers/one: ENOSPC: no space left on device`);
  expect(save).toThrow(expect.objectContaining({ code: "SC_DISK_FULL" }));
});

test("a home is new until it is claimed", () => {
  expect(openContainerStore(home).load().isNew).toBe(true);
  openContainerStore(home).claim();
  expect(openContainerStore(home).load()).toEqual({ containers: [], problems: [], isNew: false });
});

test("a folder without config.json is an interrupted create and is taken away", () => {
  mkdirSync(join(home, "containers", "half"), { recursive: true });
  writeFileSync(path("half", "supercargo.json"), "{}");
  expect(openContainerStore(home).load()).toEqual({ containers: [], problems: [], isNew: false });
  expect(readdirSync(join(home, "containers"))).toEqual([]);
});

test("an unreadable file without a spare copy goes aside with its folder, the others are loaded", () => {
  openContainerStore(home).save(container("good"), ADDITIONS);
  mkdirSync(join(home, "containers", "bad"), { recursive: true });
  writeFileSync(path("bad", "config.json"), '{\n "container_id": 5}');
  writeFileSync(path("bad", "json.log"), "precious");
  const { containers, problems } = openContainerStore(home).load();
  expect(containers.map((one) => one.container.id)).toEqual(["good"]);
  expect(problems[0]?.reason).toContain("line 2, column 18: text expected at container_id, number found");
  expect(readFileSync(join(home, "supercargo", "quarantine", "bad.1", "json.log"), "utf8")).toBe("precious");
});

test("an unreadable file with a spare copy is copied aside and replaced", () => {
  openContainerStore(home).save(container("one"), ADDITIONS);
  writeFileSync(path("one", "config.json"), '{"container_id":');
  const { containers, problems } = openContainerStore(home).load();
  expect(containers[0]?.container).toEqual(container("one"));
  expect(containers[0]?.additions).toEqual(ADDITIONS);
  expect(problems[0]?.reason).toContain("spare copy");
  expect(readFileSync(join(home, "supercargo", "quarantine", "one.config.json.1"), "utf8")).toBe(
    '{"container_id":',
  );
  expect(openContainerStore(home).load().problems).toEqual([]);
});

test("config.json that is a folder, or of another container, does not stop the daemon", () => {
  mkdirSync(path("dir", "config.json"), { recursive: true });
  mkdirSync(join(home, "containers", "copy"), { recursive: true });
  writeFileSync(path("copy", "config.json"), toStoredJson(container("original")));
  const { containers, problems } = openContainerStore(home).load();
  expect(containers).toEqual([]);
  expect(problems.map((problem) => problem.id)).toEqual(["copy", "dir"]);
  expect(problems[0]?.reason).toContain("id = original");
});

test("additions that cannot be read go aside, the container stays", () => {
  openContainerStore(home).save(container("one"), ADDITIONS);
  for (const [round, text] of [
    "{",
    '{"schema":2}',
    "[]",
    '{"schema":1,"entries":[{}],"spare":""}',
  ].entries()) {
    writeFileSync(path("one", "supercargo.json"), text);
    const { containers, problems } = openContainerStore(home).load();
    expect(containers[0]?.container.id).toBe("one");
    expect(problems[0]?.path).toBe(path("one", "supercargo.json"));
    expect(
      readFileSync(join(home, "supercargo", "quarantine", `one.supercargo.json.${round + 1}`), "utf8"),
    ).toBe(text);
  }
});

test("ids that are no safe names never become paths", () => {
  const store = openContainerStore(home);
  for (const id of ["../x", "", "a/b", ".", "x".repeat(77)]) {
    expect(() => store.containerDir(id)).toThrow("invalid container id format");
    expect(() => store.save({ ...container("x"), id }, ADDITIONS)).toThrow("invalid container id format");
    expect(() => store.remove(id)).toThrow("invalid container id format");
  }
  expect(store.containerDir("a_b")).toBe(join(home, "containers", "a_b"));
});

test("foreign entries in the folder are left alone and reported", () => {
  mkdirSync(join(home, "containers", ".hidden"), { recursive: true });
  writeFileSync(join(home, "containers", "note.txt"), "x");
  const { problems } = openContainerStore(home).load();
  expect(problems.map((problem) => problem.id)).toEqual([".hidden"]);
  expect(readdirSync(join(home, "containers")).sort()).toEqual([".hidden", "note.txt"]);
});

test("removing takes the folder, and removing what is not there is fine", () => {
  const store = openContainerStore(home);
  store.remove("none");
  store.save(container("one"), ADDITIONS);
  writeFileSync(path("one", "json.log"), "x");
  store.remove("one");
  store.remove("one");
  expect(readdirSync(join(home, "containers"))).toEqual([]);
});

test("a folder that somebody took away is made again", () => {
  const store = openContainerStore(home);
  store.save(container("one"), ADDITIONS);
  rmSync(join(home, "containers"), { recursive: true });
  store.save(container("one", { restartCount: 1 }), ADDITIONS);
  expect(openContainerStore(home).load().containers[0]?.container.restartCount).toBe(1);
});

test("what was saved just so is not written again; anything else is", () => {
  let created = 0;
  const counting: FileSystem = {
    ...realFileSystem,
    create: (file, fileMode) => {
      created++;
      return realFileSystem.create(file, fileMode);
    },
  };
  const store = openContainerStore(home, counting);
  const saving = (one: Container, additions: Additions) => {
    created = 0;
    store.save(one, additions);
    return created;
  };
  expect(saving(container("one"), ADDITIONS)).toBe(2);
  expect(saving(container("one"), { origin: "folder", values: { ...ADDITIONS.values } })).toBe(0);
  expect(saving(container("one"), { ...ADDITIONS, origin: "cli" })).toBe(2);
  expect(saving(container("one", { restartCount: 1 }), { ...ADDITIONS, origin: "cli" })).toBe(2);
  store.remove("one");
  expect(saving(container("one", { restartCount: 1 }), { ...ADDITIONS, origin: "cli" })).toBe(2);
  // What a process before has left may be somebody else's work: it is written once.
  store.load();
  expect(saving(container("one", { restartCount: 1 }), { ...ADDITIONS, origin: "cli" })).toBe(2);
});

test("leftovers of a save that was cut off are swept, other hidden files stay", () => {
  openContainerStore(home).save(container("one"), ADDITIONS);
  writeFileSync(path("one", ".config.json.77.3.tmp"), "half");
  writeFileSync(path("one", ".keep"), "x");
  openContainerStore(home).load();
  expect(readdirSync(join(home, "containers", "one")).sort()).toEqual([
    ".keep",
    "config.json",
    "supercargo.json",
  ]);
});

test("a container as large as a request allows is loaded again", () => {
  const large = containerOf({ id: "large", config: { env: [`A=${"<".repeat(1_000_000)}`], cmd: [] } });
  openContainerStore(home).save(large, ADDITIONS);
  expect(openContainerStore(home).load().containers[0]?.container).toEqual(large);
});

test("twenty containers are loaded within ten milliseconds on an idle machine, with room here for a busy one", () => {
  const store = openContainerStore(home);
  for (let index = 0; index < 20; index++) store.save(container(`c${index}`), ADDITIONS);
  openContainerStore(home).load();
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    expect(openContainerStore(home).load().containers).toHaveLength(20);
    return performance.now() - started;
  });
  console.log(`load of 20 containers: best ${Math.min(...times).toFixed(1)} ms`);
  expect(Math.min(...times)).toBeLessThan(100);
});
