/**
 * The manual's shell blocks: every command and flag that they name is in the programs' help; those marked `run` are run, page
 * by page, on a private device at the places that they name; those marked `device` by package-device.test.ts.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeImageArchive } from "../../scripts/demo/demo-image.ts";
import { findBusybox, ROOT } from "../../scripts/project/setup.mjs";
import { PrivateBroker } from "./support/broker.ts";
import { demandTool, runTool } from "./support/clean-root.ts";
import { runProgram, startTestDevice, type TestDevice } from "./support/device.ts";
import { FixedPlaces } from "./support/fixed-places.ts";
import { MANUAL, manualBlocks, manualPages } from "./support/manual-blocks.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 120_000;
const PROGRAMS = ["container-management", "kanto-cm", "kanto-auto-deployer", "sdv-kanto-ctl", "supercargo"];
const IMAGE = "localhost/manual/hello:1";
const BROKER_PORT = 1883;

const blocks = manualBlocks.filter(({ language }) => language === "shell");

/** What a page's blocks find there beside what the pages before it left. */
const PREPARED: Readonly<Record<string, string>> = {
  "operation.md": "cp /data/var/containers/manifests/hello.json web.json",
  "programs/sdv-kanto-ctl.md": "sdv-kanto-ctl --no-reload set-value things.enable false",
  "update-agent.md": "supercargo current-state --desired-state > desired-state.json",
};

/** Lines that no test can run as they stand, and who runs their like. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "kanto-cm logs --follow --since 10m databroker feeder": "goes on until Ctrl-C: cli-terminal.test.ts",
  "kanto-cm exec -i -t databroker sh": "asks for a terminal: cli-terminal.test.ts",
  "kanto-cm images pull ghcr.io/eclipse/kuksa.val/databroker:0.3.0":
    "asks for the internet: image-operations.test.ts",
};

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
let broker: PrivateBroker;

beforeAll(async () => {
  refuseInitialNamespace();
  broker = await PrivateBroker.start({ port: BROKER_PORT });
  device = await startTestDevice({ update_agent: { enable: true } });
  places = new FixedPlaces(device.device.socket);
  for (const name of ["container-management", "sdv-kanto-ctl", "supercargo"]) places.program(name);
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
  await broker?.end();
}, LIMIT_MS);

describe("what the manual names", () => {
  test("every command of our programs is in their help, and every flag in the command's", () => {
    const named = [
      ...blocks.flatMap(({ page, line, text }) => commandsOf(`${page}:${line}`, text)),
      ...manualPages.flatMap(inlineCommands),
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

describe("no block of the manual is left out", () => {
  test("of shell: each line is run here or on a device with systemd, or it is said why not", () => {
    const lines = blocks
      .filter(({ isFor }) => isFor === "nobody")
      .flatMap(({ text }) => text.trim().split("\n"));
    expect(lines).toEqual(Object.keys(NOT_RUN));
  });

  test("of JSON: a configuration is one without faults and unknown keys, a manifest a good one", async () => {
    const others = manualBlocks.filter(({ language }) => language !== "shell");
    expect(others.length).toBeGreaterThan(3);
    for (const { page, line, language, text } of others) {
      const file = join(device.home, "block.json");
      writeFileSync(file, text);
      const isManifest = "image" in JSON.parse(text);
      const { code, stdout, stderr } = isManifest
        ? await runProgram("supercargo", ["validate", file])
        : await runProgram("container-management", ["--cfg-file", file, "--check-config"]);
      const said = `${stdout}${stderr}`;
      expect({ at: `${page}:${line}`, language, code, unknown: /unknown/.test(said) ? said : "" }).toEqual({
        at: `${page}:${line}`,
        language: "json",
        code: 0,
        unknown: "",
      });
    }
  });
});

describe("what the manual shows is run", () => {
  // The page that makes things comes first; the others use what it leaves.
  const order = [...new Set(["getting-started.md", ...manualPages])];
  for (const page of order) {
    const run = blocks.filter((block) => block.page === page && block.isFor === "run");
    if (run.length === 0) continue;
    test(
      `${page}: ${run.length} blocks`,
      () => {
        const prepared = { line: 0, text: PREPARED[page] ?? "" };
        for (const { line, text } of [prepared, ...run]) {
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
