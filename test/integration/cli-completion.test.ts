/** Completion of kanto-cm in the real shells: the Tab key in bash and zsh, fish's own question. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../scripts/project/setup.mjs";
import { runProgram, startTestDevice, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { TmuxScreen } from "./support/tmux.ts";

const IMAGE = "localhost/test/completion:1";
const LIMIT_MS = 60_000;
const PATH = `${join(ROOT, "dist/bin")}:${process.env["PATH"]}`;
let device: TestDevice;
let folder: string;
/** A short path: what is typed stays on one line. */
let socket: string;
let id: string;

beforeAll(async () => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "sc-complete-"));
  writeFileSync(join(folder, "wish.json"), "{}");
  device = await startTestDevice();
  socket = device.device.socket;
  await device.importImage({ name: IMAGE, config: {} });
  for (const name of ["web", "worker"]) id = await create(name);
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

async function create(name: string): Promise<string> {
  const { code, stdout } = await runProgram("kanto-cm", ["create", "--host", socket, "-n", name, IMAGE]);
  expect(code).toBe(0);
  return stdout.trim();
}

/** A line typed up to Tab, and how it must go on. */
function cases(): readonly (readonly [typed: string, completed: RegExp])[] {
  const at = `kanto-cm --host ${socket}`;
  return [
    ["kanto-cm sysi", /kanto-cm sysinfo $/],
    ["kanto-cm images pr", /kanto-cm images prune $/],
    ["kanto-cm list --qu", /kanto-cm list --quiet $/],
    ["kanto-cm create --rp on", /--rp on-failure $/],
    ["kanto-cm create --rp=alw", /--rp=always $/],
    [`${at} get wo`, / get worker $/],
    [`${at} get ${id.slice(0, 9)}`, new RegExp(` get ${id} $`)],
    [`${at} images export localhost/test/co`, /export localhost\/test\/completion:1 $/],
    ["kanto-cm create --file wis", /--file wish\.json $/],
  ];
}

/** Types each line, presses Tab, reads the line, and throws it away (by the key of the line editor: a signal may be lost in it). */
async function expectCompleted(screen: TmuxScreen): Promise<void> {
  for (const [typed, completed] of cases()) {
    screen.type(typed);
    screen.press("Tab");
    // A mark behind the cursor shows the blank that a whole word gets.
    screen.type("!");
    const line = await screen.shows(new RegExp(`${completed.source.replace(/\$$/, "")}!$`));
    expect(line.split("\n").at(-1)).toMatch(/^ready\$ kanto-cm /);
    screen.press("C-u");
    await screen.shows(/^ready\$$/);
  }
}

function open(...shell: string[]): TmuxScreen {
  return new TmuxScreen({ columns: 200, env: { PATH }, shell });
}

describe("completion of kanto-cm", () => {
  test(
    "bash: commands, flags and their values, containers, images, files; several are listed",
    async () => {
      using screen = open("bash", "--norc", "--noprofile");
      await screen.shows(/^ready\$$/);
      screen.enter(`cd ${folder} && source <(kanto-cm completion bash) && clear`);
      await screen.shows(/^ready\$$/);
      await expectCompleted(screen);
      screen.type(`kanto-cm --host ${socket} stop w`);
      screen.press("Tab", "Tab");
      await screen.shows(/^web +worker$/m);
      screen.press("C-u");
      await screen.clear();
      // Without a daemon there is nothing to offer, quickly and without a word.
      screen.type("kanto-cm --host /nowhere get w");
      screen.press("Tab", "Tab");
      screen.type("!");
      await screen.shows(/^ready\$ kanto-cm --host \/nowhere get w!$/);
    },
    LIMIT_MS,
  );

  test(
    "bash with Debian's bash-completion finds the script in its folder",
    async () => {
      using screen = open("bash", "--norc", "--noprofile");
      await screen.shows(/^ready\$$/);
      const home = join(folder, "completions");
      screen.enter(`mkdir ${home} && kanto-cm completion bash > ${home}/kanto-cm`);
      screen.enter(
        `export BASH_COMPLETION_USER_DIR=${folder}; source /usr/share/bash-completion/bash_completion; clear`,
      );
      await screen.shows(/^ready\$$/);
      screen.type("kanto-cm sysi");
      screen.press("Tab");
      screen.type("!");
      await screen.shows(/kanto-cm sysinfo !$/);
    },
    LIMIT_MS,
  );

  test(
    "zsh: the same, with descriptions where several fit",
    async () => {
      using screen = open("zsh", "-f");
      await screen.shows(/^ready\$$/);
      screen.enter(
        `cd ${folder}; autoload -Uz compinit; compinit -u -D; source <(kanto-cm completion zsh); clear`,
      );
      await screen.shows(/^ready\$$/);
      await expectCompleted(screen);
      screen.type("kanto-cm st");
      screen.press("Tab");
      await screen.shows(/start +-- Start a container\.\n(?:.*\n)*stop +-- Stop a container\./);
    },
    LIMIT_MS,
  );

  test(
    "fish: words and descriptions, files where a file is meant",
    () => {
      const answers = (line: string) => {
        const script = `kanto-cm completion fish | source; cd ${folder}; complete -C '${line}'`;
        const { status, stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], {
          encoding: "utf8",
          env: { ...process.env, PATH, HOME: folder },
        });
        expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: "" });
        return stdout.trimEnd().split("\n");
      };
      expect(answers("kanto-cm sysi")).toEqual([expect.stringMatching(/^sysinfo\tShow information/)]);
      expect(answers(`kanto-cm --host ${socket} get wo`)).toEqual([`worker\tCreated, ${IMAGE}`]);
      expect(answers("kanto-cm create --rp on")).toEqual(["on-failure"]);
      expect(answers("kanto-cm create --file wis")).toEqual([expect.stringMatching(/^wish\.json/)]);
    },
    LIMIT_MS,
  );
});
