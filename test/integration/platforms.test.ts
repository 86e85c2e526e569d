/** The executables for all platforms: each is built for its machine and C library; those that an emulator can run are started. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, TARGETS } from "../../scripts/project/build.mjs";
import { ROOT } from "../../scripts/project/setup.mjs";
import { runProgram } from "./support/device.ts";

const LIMIT_MS = 120_000;
/** ELF's numbers of machines. */
const MACHINES = new Map([
  ["x64", 62],
  ["arm64", 183],
]);
/** How a machine that is not this one is imitated; the baseline runs on a processor of 2008, which has no AVX2. */
const EMULATED = [
  { target: "arm64", emulator: ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"] },
  { target: "x64-baseline", emulator: ["qemu-x86_64-static", "-cpu", "Nehalem"] },
];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-plat-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function executable(target: string): string {
  build({ target });
  return join(ROOT, "dist", `bin-${target}`, "supercargo.bin");
}

/** Machine and dynamic loader of an ELF file. */
function elfFacts(path: string): { readonly machine: number; readonly loader: string } {
  const head = Buffer.alloc(8192);
  const file = openSync(path, "r");
  readSync(file, head, 0, head.length, 0);
  closeSync(file);
  const text = head.toString("latin1");
  return { machine: head.readUInt16LE(18), loader: /\/lib(?:64)?\/ld-[\w.-]+/.exec(text)?.[0] ?? "" };
}

describe("the executable for", () => {
  for (const target of TARGETS) {
    const [machine = "", ...variants] = target.split("-");
    test(
      `${target} is made for that machine and C library`,
      () => {
        const facts = elfFacts(executable(target));
        expect(facts.machine).toBe(MACHINES.get(machine) ?? -1);
        expect(facts.loader.includes("musl")).toBe(variants.includes("musl"));
      },
      LIMIT_MS,
    );
  }
});

/** Resolves with what the program has written when it has written `word`; rejects when it ends before. */
function saying(child: ChildProcess, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes(word)) resolve(text);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

for (const { target, emulator } of EMULATED) {
  describe(`${target}, emulated`, () => {
    const [command = "", ...options] = emulator;
    const called = (name: string, ...args: string[]) => [...options, "-0", name, executable(target), ...args];

    test(
      "each program starts by its name",
      () => {
        for (const [name, words] of [
          ["kanto-cm", "Usage:\n  kanto-cm [command]"],
          ["container-management", "Usage:\n  container-management [flags]"],
          ["kanto-auto-deployer", "USAGE:\n    kanto-auto-deployer [OPTIONS]"],
        ] as const) {
          const run = spawnSync(command, called(name, "--help"), { encoding: "utf8" });
          expect(run.stdout + run.stderr).toContain(words);
          expect(run.status).toBe(0);
        }
      },
      LIMIT_MS,
    );

    test(
      "the daemon takes its locks, listens with the right permissions, answers and ends in order",
      async () => {
        const home = join(folder, target);
        const socket = join(home, "cm.sock");
        const places = ["cm", "ccl", "net"].flatMap((part) => [
          ...[`--${part}-home-dir`, join(home, "home")],
          ...[`--${part}-exec-root-dir`, join(home, "run")],
        ]);
        const config = ["--ccl-ap", join(home, "no-containerd.sock"), "--grpc-serv-ap", socket];
        const child = spawn(command, called("container-management", ...places, ...config, "--log-file", ""), {
          stdio: ["ignore", "pipe", "pipe"],
        });
        const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
        const output = await saying(child, "containerd does not answer");
        expect(output).toContain("listening");
        expect(statSync(socket).mode & 0o777).toBe(0o660);
        const answer = await runProgram("kanto-cm", ["sysinfo", "--host", socket]);
        expect(answer).toMatchObject({ code: 0, stderr: "" });
        expect(answer.stdout).toContain("Engine v");
        child.kill("SIGTERM");
        expect(await ended).toBe(0);
      },
      LIMIT_MS,
    );
  });
}

test("the folder in which a program is called does not steer it", () => {
  const place = join(folder, "foreign");
  mkdirSync(place);
  writeFileSync(
    join(place, "preload.ts"),
    'import { writeFileSync } from "node:fs";\nwriteFileSync("loaded", "");\n',
  );
  writeFileSync(join(place, "bunfig.toml"), 'preload = ["./preload.ts"]\n');
  writeFileSync(join(place, ".env"), "RUST_LOG=off\n");
  const run = (env: Readonly<Record<string, string>>) =>
    spawnSync(join(ROOT, "dist/bin/kanto-auto-deployer"), [join(place, "not-there")], {
      cwd: place,
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
  // What the file asks for would be seen.
  expect(run({ RUST_LOG: "off" }).stderr).not.toContain("ERROR");
  expect(run({}).stderr).toContain("ERROR");
  expect(existsSync(join(place, "loaded"))).toBe(false);
});

describe("a build without the file watcher", () => {
  test(
    "is made beside the whole one, whose size and memory are printed with its own",
    async () => {
      const result = spawnSync("node", ["scripts/build.mjs", "--without", "filewatcher"], {
        cwd: ROOT,
        encoding: "utf8",
      });
      expect(result.status).toBe(0);
      const lines = result.stdout.trim().split("\n");
      expect(lines[1]).toMatch(
        /^with everything: \d+ bytes .* memory of kanto-auto-deployer at most \d+\.\d MiB$/,
      );
      expect(lines[2]).toMatch(/^without: \d+ bytes .* memory of kanto-auto-deployer at most \d+\.\d MiB$/);
      const program = join(ROOT, "dist/bin-without-filewatcher/kanto-auto-deployer");
      const run = (...args: readonly string[]) => spawnSync(program, [...args], { encoding: "utf8" });
      const asDaemon = run("--daemon", folder);
      expect(asDaemon.status).toBe(2);
      expect(asDaemon.stderr).toStartWith("error: this build has no file watcher, so there is no --daemon:");
      const once = run("--state-dir", join(folder, "state"), folder);
      expect(once.status).toBe(0);
      expect(once.stderr).toContain(`No manifests found in ${folder}`);
    },
    LIMIT_MS,
  );
});
