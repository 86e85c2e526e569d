/** kanto-cm as a person sees it: in a real terminal, read from its screen. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { runProgram, startTestDevice, type TestDevice } from "./support/device.ts";
import { MemoryRegistry } from "./support/memory-registry.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage } from "./support/oci-image.ts";
import { TmuxScreen } from "./support/tmux.ts";

const IMAGE = "localhost/test/terminal:1";
const STAY = ["sh", "-c", "echo begun; trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
const LIMIT_MS = 60_000;
const ESCAPE = "\u001b";
let device: TestDevice;
let registry: MemoryRegistry;
let screen: TmuxScreen;

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  device = await startTestDevice({ containers: { insecure_registries: [registry.host] } });
  await device.importImage({ name: IMAGE, config: {} });
  await cm("create", "-n", "web", "--rp", "no", IMAGE, ...STAY);
  await cm("create", "-n", "worker", "--rp", "no", IMAGE, ...STAY);
  await cm("start", "web");
  await cm("start", "worker");
}, 120_000);

afterAll(async () => {
  await device?.end();
  await registry?.stop();
}, 120_000);

beforeEach(async () => {
  screen = open();
  await screen.shows(/^ready\$$/);
});

afterEach(() => screen[Symbol.dispose]());

/** A shell in which kanto-cm finds the device. */
function open(env: Readonly<Record<string, string>> = {}): TmuxScreen {
  const PATH = `${join(ROOT, "dist/bin")}:${process.env["PATH"]}`;
  return new TmuxScreen({ env: { PATH, H: `--host=${device.device.socket}`, ...env } });
}

async function cm(...words: string[]): Promise<string> {
  const [command = "", ...rest] = words;
  const run = await runProgram("kanto-cm", [command, "--host", device.device.socket, ...rest]);
  expect({ words, code: run.code, stderr: run.stderr }).toEqual({ words, code: 0, stderr: "" });
  return run.stdout;
}

/** An image of two layers that never comes to its end until `release` is called: a bit of each every moment. */
function offerSlowly(name: string) {
  const image = buildImage({
    cmd: STAY,
    moreLayers: [{ "/data/big": randomBytes(400_000) }],
    files: { "/data/first": randomBytes(300_000) },
  });
  const reference = registry.offer(name, "1", image);
  const waiting: (() => void)[] = [];
  let isReleased = false;
  registry.intercept = ({ method, url }, response) => {
    const digest = /\/blobs\/(sha256:[0-9a-f]+)$/.exec(url)?.[1] ?? "";
    const layer = image.layers.find((one) => one.digest === digest);
    if (method !== "GET" || layer === undefined || isReleased) return false;
    const bytes = registry.blob(digest);
    response.writeHead(200, { "content-length": bytes.length });
    const part = Math.floor(bytes.length / 2);
    const trickle = drip(response, bytes.subarray(0, part));
    waiting.push(() => {
      clearInterval(trickle);
      response.socket?.destroy();
    });
    return true;
  };
  return {
    reference,
    hasBegun: () => waiting.length > 0,
    /** From now on everything comes at once; what hangs is cut off and asked for again. */
    release: () => {
      isReleased = true;
      for (const cut of waiting) cut();
    },
  };
}

/** A hundredth of the bytes every 40 ms. */
function drip(response: ServerResponse, bytes: Uint8Array): NodeJS.Timeout {
  let at = 0;
  const step = Math.ceil(bytes.length / 100);
  return setInterval(() => {
    if (at < bytes.length) response.write(bytes.subarray(at, at + step));
    at += step;
  }, 40);
}

const BAR =
  /^[0-9a-f]{12} {2}fetching {3}\[=* *\] {2}[\d.]+ kB \/ [\d.]+ [kM]B {2}[\d.]+ kB\/s {2}\d+s left$/m;

describe("kanto-cm in a terminal", () => {
  test(
    "a wide list has colours; with NO_COLOR or TERM=dumb it has none; the words are the same",
    async () => {
      screen.enter('kanto-cm list "$H" --wide --sort name');
      const plain = await screen.shows(/\nready\$$/);
      expect(plain).toMatch(/web +\S+ +Running/);
      expect(screen.painted).toContain(`${ESCAPE}[32mRunning`);
      for (const word of ["NO_COLOR=1", "TERM=dumb"]) {
        await screen.clear();
        screen.enter(`${word} kanto-cm list "$H" --wide --sort name`);
        expect(await screen.shows(/\nready\$$/)).toMatch(/web +\S+ +Running/);
        expect(screen.painted).not.toContain(`${ESCAPE}[`);
      }
    },
    LIMIT_MS,
  );

  test(
    "stats are painted again in place until Ctrl-C, and the cursor comes back",
    async () => {
      screen.enter('kanto-cm stats "$H" --interval 100ms');
      const heads = () => screen.text.split("\n").filter((line) => line.startsWith("NAME")).length;
      await screen.shows(/NAME +CPU[^\n]*\nweb [^\n]*\nworker /);
      expect(screen.isCursorShown).toBe(false);
      // Looks come one after the other: what changes on the screen shows that there were several.
      await cm("exec", "web", "sh", "-c", "dd if=/dev/zero of=/tmp/x bs=1M count=8 2>/dev/null; true");
      await cm("stop", "worker");
      await screen.shows(/NAME +CPU[^\n]*\nweb [^\n]*$/);
      expect(heads()).toBe(1);
      screen.press("C-c");
      await screen.shows(/ready\$$/);
      expect(screen.isCursorShown).toBe(true);
      expect(heads()).toBe(1);
      await cm("start", "worker");
    },
    LIMIT_MS,
  );

  test(
    "a pull shows a bar per layer with rate and rest time, and ends with what was fetched",
    async () => {
      const { reference, release } = offerSlowly("slow/pull");
      screen.enter(`kanto-cm images pull "$H" ${reference}`);
      await screen.shows(new RegExp(`${BAR.source}\n${BAR.source}`, "m"));
      release();
      const end = await screen.shows(/sha256:[0-9a-f]{64} \([\d.]+ MB\)\nready\$$/);
      expect(end.match(/^[0-9a-f]{12} {2}done +\[={24}\] {2}[\d.]+ [kM]B$/gm)).toHaveLength(2);
      expect(end).not.toContain("fetching");
      expect(screen.isCursorShown).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "create shows the pull of its image; Ctrl-C leaves nothing half-made, and the next one goes on",
    async () => {
      const { reference, release } = offerSlowly("slow/create");
      screen.enter(`kanto-cm create "$H" -n fresh ${reference}; echo "code $?"`);
      await screen.shows(BAR);
      screen.press("C-c");
      await screen.shows(/code 130\nready\$$/);
      expect(screen.isCursorShown).toBe(true);
      expect(await cm("list", "-n", "fresh")).toBe("No containers found.\n");
      expect(await cm("images", "list", "--quiet")).not.toContain(reference);
      release();
      await screen.clear();
      screen.enter(`kanto-cm create "$H" -n fresh ${reference}; echo "code $?"`);
      await screen.shows(/\n[0-9a-f-]{36}\ncode 0\nready\$$/);
      expect(await cm("list", "-n", "fresh")).toContain("Created");
      await cm("remove", "fresh");
    },
    LIMIT_MS,
  );

  test(
    "logs of several containers are followed, each name in a colour of its own",
    async () => {
      screen.enter('kanto-cm logs "$H" --follow --tail 1 web worker');
      await screen.shows(/web +\| begun/);
      await screen.shows(/worker \| begun/);
      await cm("restart", "--time", "1s", "worker");
      await screen.shows(/worker \| begun\n(?:.*\n)*worker \| begun/);
      const colours = screen.painted.match(/\[3\dm(?=web|worker)/g) ?? [];
      expect(new Set(colours).size).toBe(2);
      screen.press("C-c");
      await screen.shows(/ready\$$/);
    },
    LIMIT_MS,
  );

  test(
    "attach: keys reach the terminal in the container, its size follows ours, Ctrl-P Ctrl-Q leaves it running",
    async () => {
      await cm("create", "-n", "tty", "--t", "--i", "--rp", "no", IMAGE, "sh");
      screen.enter('kanto-cm start "$H" --a --i tty; echo "code $?"');
      await screen.shows(/# $|#$/);
      screen.enter("until stty size | grep '^30 12'; do sleep 0.1; done");
      await screen.shows(/^30 120$/m);
      screen.enter("exit");
      await screen.shows(/code 0\nready\$$/);
      await screen.clear();
      // Its terminal ends a moment before it does.
      await cm("wait", "--limit", "60s", "tty");
      await cm("start", "tty");
      screen.enter('kanto-cm attach "$H" --i tty; echo "code $?"');
      screen.press("Enter");
      await screen.shows(/#$/);
      screen.resize(90, 25);
      // The new size takes its way through the daemon; keys may be faster.
      screen.enter("until stty size | grep '^25 9'; do sleep 0.1; done");
      await screen.shows(/^25 90$/m);
      screen.press("C-p", "C-q");
      await screen.shows(/code 0\nready\$$/);
      screen.enter("stty -a | grep -c -w -- -echo; true");
      await screen.shows(/\n0\nready\$$/);
      expect(await cm("list", "-n", "tty", "--filter", "status=running")).toContain("tty");
      await cm("remove", "-f", "-t", "1s", "tty");
    },
    LIMIT_MS,
  );

  test(
    "exec with a terminal: Ctrl-C reaches the command, its exit code is ours, the terminal is as it was",
    async () => {
      screen.enter('kanto-cm exec "$H" -i -t --env MARK=here --user 1000 web sh; echo "code $?"');
      await screen.shows(/\n\/ \$$/);
      screen.enter("tty; id -u; echo $MARK");
      await screen.shows(/\/dev\/pts\/\d+\n1000\nhere/);
      screen.enter("sleep 1000");
      await screen.shows(/sleep 1000$/);
      screen.press("C-c");
      screen.enter("echo again; exit 5");
      await screen.shows(/again\ncode 5\nready\$$/);
      screen.enter("stty -a | grep -c -w -- -echo; true");
      await screen.shows(/\n0\nready\$$/);
    },
    LIMIT_MS,
  );

  test(
    "a daemon that does not come is told of while it is waited for, and Ctrl-C ends the waiting",
    async () => {
      screen.enter('kanto-cm list --host /run/nobody/here.sock; echo "code $?"');
      await screen.shows(/no daemon at \/run\/nobody\/here\.sock yet; waiting up to 30 s, Ctrl-C ends it/);
      screen.press("C-c");
      await screen.shows(/code 130\nready\$$/);
    },
    LIMIT_MS,
  );

  test(
    "Ctrl-C of a create that the daemon pulls for takes the container back",
    async () => {
      const { reference, hasBegun } = offerSlowly("slow/quiet");
      screen.enter(`kanto-cm create "$H" -n quiet ${reference} >/dev/null 2>&1; echo "code $?"`);
      await until(hasBegun, "the pull has begun", 30_000);
      screen.press("C-c");
      await screen.shows(/code 130\nready\$$/);
      const isGone = async () => (await cm("list", "-n", "quiet")) === "No containers found.\n";
      await until(isGone, "the container is gone", 30_000);
    },
    LIMIT_MS,
  );

  test(
    "Ctrl-C of an exec without a terminal kills the command",
    async () => {
      const isThere = async () => (await cm("exec", "web", "ps")).includes("sleep 4321");
      screen.enter('kanto-cm exec "$H" web sleep 4321; echo "code $?"');
      await until(isThere, "the command runs", 30_000);
      screen.press("C-c");
      await screen.shows(/code 130\nready\$$/);
      await until(async () => !(await isThere()), "the command is gone", 30_000);
    },
    LIMIT_MS,
  );

  test(
    "Ctrl-C of a copy leaves nothing on either side",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "sc-copy-"));
      const here = join(folder, "here");
      mkdirSync(here);
      const hidden = async () => (await cm("exec", "web", "ls", "-A", "/there")).trim();
      try {
        await cm("exec", "web", "sh", "-c", "mkdir /there /from; truncate -s 5G /from/huge");
        screen.enter(`kanto-cm cp "$H" web:/from/huge ${here}; echo "code $?"`);
        const isComing = () => readdirSync(here).some((name) => readdirSync(join(here, name)).length > 0);
        await until(isComing, "the copy comes", 30_000);
        screen.press("C-c");
        await screen.shows(/code 130\nready\$$/);
        expect(readdirSync(here)).toEqual([]);
        await screen.clear();
        writeFileSync(join(folder, "huge"), "");
        truncateSync(join(folder, "huge"), 5_000_000_000);
        screen.enter(`kanto-cm cp "$H" ${folder}/huge web:/there; echo "code $?"`);
        await until(async () => (await hidden()) !== "", "the copy comes", 30_000);
        screen.press("C-c");
        await screen.shows(/code 130\nready\$$/);
        expect(await hidden()).toBe("");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    LIMIT_MS,
  );
});
