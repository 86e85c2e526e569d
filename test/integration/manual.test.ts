/**
 * The manual's shell blocks: every command and flag that they name is in the programs' help; those marked `run` are run, page
 * by page, on a private device at the places that they name.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeImageArchive } from "../../scripts/demo/demo-image.ts";
import { findBusybox, ROOT } from "../../scripts/project/setup.mjs";
import { demandTool, runTool } from "./support/clean-root.ts";
import { startTestDevice, type TestDevice } from "./support/device.ts";
import { FixedPlaces } from "./support/fixed-places.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 120_000;
const MANUAL = join(ROOT, "docs/manual");
const PROGRAMS = ["container-management", "kanto-cm", "kanto-auto-deployer", "sdv-kanto-ctl", "supercargo"];
const IMAGE = "localhost/manual/hello:1";

interface Block {
  readonly page: string;
  readonly line: number;
  readonly isRun: boolean;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(MANUAL, page), "utf8");
  return [...text.matchAll(/^```shell( run)?\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length,
    isRun: match[1] !== undefined,
    text: match[2] ?? "",
  }));
}

const pages = readdirSync(MANUAL, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".md"))
  .sort();
const blocks = pages.flatMap(blocksOf);

const helps = new Map<string, string>();
function helpOf(...words: readonly string[]): string {
  const key = words.join(" ");
  const known = helps.get(key);
  if (known !== undefined) return known;
  const [program = "", ...rest] = words;
  const args = program === "sdv-kanto-ctl" ? ["--help"] : [...rest, "--help"];
  const { stdout, stderr } = spawnSync(join(ROOT, "dist/bin", program), args, { encoding: "utf8" });
  helps.set(key, `${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

interface Command {
  readonly place: string;
  readonly words: readonly string[];
}

/** Calls of our programs in a text of shell, by line. */
function commandsOf(place: string, text: string): Command[] {
  return text
    .split("\n")
    .flatMap((line) => line.replace(/(^|\s)#.*$/, "").split(/\||;|&&/))
    .flatMap((part) => {
      const words = part.trim().split(/\s+/);
      return PROGRAMS.includes(words[0] ?? "") ? { place, words } : [];
    });
}

/** Code in the prose, such as `kanto-cm list --wide`. */
function inlineCommands(page: string): Command[] {
  const prose = readFileSync(join(MANUAL, page), "utf8").replace(/```[\s\S]*?```/g, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => commandsOf(page, code));
}

const COMMANDS_OF: Readonly<Record<string, RegExp>> = {
  "kanto-cm": /^ {2}([a-z]+) {2,}/gm,
  "kanto-cm images": /^ {2}([a-z]+) {2,}/gm,
  supercargo: /^ {2}([a-z-]+) {2,}/gm,
  "sdv-kanto-ctl": /^ {2}([a-z-]+)|, ([a-z]+) </gm,
};

/** The command below a program that the words name; the words of it. */
function commandOf(words: readonly string[]): readonly string[] {
  const [program = "", first = "", second = ""] = words.filter((word) => !word.startsWith("-"));
  if (!(program in COMMANDS_OF) || first === "" || first === "<command>") return [program];
  return first === "images" && second !== "" && !second.startsWith("/")
    ? [program, first, second]
    : [program, first];
}

function knownCommands(key: string): readonly string[] {
  const pattern = COMMANDS_OF[key];
  if (pattern === undefined) return [];
  return [...helpOf(...key.split(" ")).matchAll(pattern)].flatMap(([, one, other]) => one ?? other ?? []);
}

let device: TestDevice;
let places: FixedPlaces;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  places = new FixedPlaces(device.device.socket);
  for (const name of ["sdv-kanto-ctl", "supercargo"]) places.program(name);
  const busybox = findBusybox();
  if (busybox === undefined) throw new Error("no static busybox was found");
  // The daemon reads the archive itself: its place is the same for both.
  demandTool("mount", "-t", "tmpfs", "tmpfs", "/media");
  demandTool("mount", "--bind", "/media", join(places.root, "media"));
  mkdirSync("/media/usb");
  const script = "#!/bin/sh\necho hello\ntrap 'exit 0' TERM\nwhile :; do sleep 60 & wait $!; done\n";
  writeImageArchive(busybox, "/media/usb/hello.tar", {
    name: IMAGE,
    config: { Cmd: ["/hello"] },
    scripts: { hello: script },
  });
  const etc = join(places.root, "etc/container-management");
  mkdirSync(etc, { recursive: true });
  writeFileSync(join(etc, "config.json"), readFileSync(join(ROOT, "packaging/config/config.json")));
}, LIMIT_MS);

afterAll(async () => {
  for (const path of [join(places?.root ?? "/", "media"), "/media"]) runTool("umount", "-l", path);
  places?.[Symbol.dispose]();
  await device?.end();
}, LIMIT_MS);

describe("what the manual names", () => {
  test("every command of our programs is in their help, and every flag in the command's", () => {
    const named = [
      ...blocks.flatMap(({ page, line, text }) => commandsOf(`${page}:${line}`, text)),
      ...pages.flatMap(inlineCommands),
    ];
    expect(named.length).toBeGreaterThan(60);
    for (const { place, words } of named) {
      const command = commandOf(words);
      for (let depth = 1; depth < command.length; depth++) {
        const above = command.slice(0, depth).join(" ");
        expect({ place, above, known: knownCommands(above) }).toMatchObject({
          place,
          known: expect.arrayContaining([command[depth] ?? ""]),
        });
      }
      const help = helpOf(...command);
      for (const flag of words.filter((word) => /^--[a-z]/.test(word))) {
        const name = flag.replace(/=.*/, "");
        const isKnown = new RegExp(`${name}(?![\\w-])`).test(help);
        expect(`${place}: ${command.join(" ")} ${name} ${isKnown}`).toBe(
          `${place}: ${command.join(" ")} ${name} true`,
        );
      }
    }
  });
});

describe("what the manual shows is run", () => {
  // The page that makes things comes first; the others use what it leaves.
  const order = [...new Set(["getting-started.md", ...pages])];
  for (const page of order) {
    const run = blocks.filter((block) => block.page === page && block.isRun);
    if (run.length === 0) continue;
    test(
      `${page}: ${run.length} blocks`,
      () => {
        for (const { line, text } of run) {
          const { code, stdout, stderr } = places.run(`set -e\n${text}`);
          expect({ at: `${page}:${line}`, code, said: code === 0 ? "" : `${stdout}${stderr}` }).toEqual({
            at: `${page}:${line}`,
            code: 0,
            said: "",
          });
        }
      },
      LIMIT_MS,
    );
  }

  test("and the container of the first page runs, changed as it says", () => {
    const { stdout } = places.run("kanto-cm get --name hello");
    expect(JSON.parse(stdout)).toMatchObject({ state: { running: true }, config: { env: ["GREETING=hi"] } });
    rmSync(join(places.root, "data/var/containers/manifests/hello.json"));
  });
});
