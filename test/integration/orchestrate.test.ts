/** `supercargo update` and `current-state` against the daemon's update agent, over a real broker and on real containers. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { PrivateBroker } from "./support/broker.ts";
import { runProgram, startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { TmuxScreen } from "./support/tmux.ts";

const LIMIT_MS = 120_000;
const SUPERCARGO = join(ROOT, "dist/bin/supercargo");
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];

let device: TestDevice;
let broker: PrivateBroker;
let folder: string;

beforeAll(async () => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "sc-orchestrate-"));
  broker = await PrivateBroker.start();
  device = await startTestDevice({
    manager: { default_ctrs_stop_timeout: "1s" },
    update_agent: { enable: true },
    connection: { broker_url: `tcp://127.0.0.1:${broker.port}` },
  });
  for (const tag of ["1", "2"]) {
    await device.importImage({ name: `localhost/test/web:${tag}`, config: { Cmd: STAY } });
  }
  await device.importImage({ name: "localhost/test/broken:1", config: { Cmd: ["/not/there"] } });
}, LIMIT_MS);

afterAll(async () => {
  await device?.end();
  await broker?.end();
  rmSync(folder, { recursive: true, force: true });
}, LIMIT_MS);

const at = () => ["--broker", `tcp://127.0.0.1:${broker.port}`];
const supercargo = (...words: string[]) => runProgram("supercargo", [...words, ...at()]);

/** A file that wants these components; the image decides. */
function wish(components: Readonly<Record<string, string>>): string {
  const path = join(folder, "wish.json");
  const list = Object.entries(components).map(([id, image]) => ({
    id,
    version: image.split(":").at(-1),
    config: [{ key: "image", value: image }],
  }));
  writeFileSync(path, JSON.stringify({ domains: [{ id: "containers", components: list }] }));
  return path;
}

/** `<image> <status>` and the id and pid of each container that is not merely made, by name. */
async function running(): Promise<
  Readonly<Record<string, { readonly what: string; readonly task: string }>>
> {
  const listed = await device.device.client.list(stepSignal());
  const containers = listed.filter(({ state }) => state.status !== "Created");
  return Object.fromEntries(
    containers.map(({ id, name, image, state }) => [
      name,
      { what: `${image.name} ${state.status}`, task: `${id} ${state.pid}` },
    ]),
  );
}

const whats = async () =>
  Object.entries(await running())
    .map(([name, { what }]) => `${name} ${what}`)
    .sort();

const BOTH = { db: "localhost/test/web:1", web: "localhost/test/web:1" };

describe("leading", () => {
  test(
    "installs what a file wants, tells each step, and ends with 0",
    async () => {
      const { code, stdout, stderr } = await supercargo("update", wish(BOTH));
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^activity [0-9a-f-]{36}$/m);
      expect(stdout).toContain("containers IDENTIFIED\n");
      expect(stdout).toContain("containers:web 1 ACTIVATION_SUCCESS New container instance is started.\n");
      expect(stdout).toEndWith("COMPLETED\n");
      expect(await whats()).toEqual(["db localhost/test/web:1 Running", "web localhost/test/web:1 Running"]);
    },
    LIMIT_MS,
  );

  test(
    "what there is can be printed, edited and sent back: only what was edited is changed",
    async () => {
      const table = await supercargo("current-state");
      expect(table.stdout).toMatch(/^DOMAIN +COMPONENT +VERSION +STATUS +IMAGE\n/);
      expect(table.stdout).toMatch(/^containers +web +1 +Running +localhost\/test\/web:1$/m);
      const before = await running();
      const { code, stdout } = await supercargo("current-state", "--desired-state");
      expect(code).toBe(0);
      const path = join(folder, "state.json");
      writeFileSync(path, stdout);
      expect((await supercargo("update", path)).code).toBe(0);
      expect(await running()).toEqual(before);
      // Only web's image is edited.
      const [head = "", tail = ""] = stdout.split('"id": "web"');
      writeFileSync(path, `${head}"id": "web"${tail.replace("web:1", "web:2")}`);
      expect((await supercargo("update", path)).code).toBe(0);
      const after = await running();
      expect(after["db"]).toEqual(before["db"]);
      expect(after["web"]?.what).toBe("localhost/test/web:2 Running");
    },
    LIMIT_MS,
  );

  for (const [what, image, reason] of [
    ["that cannot be had", "127.0.0.1:1/nowhere:9", /^INCOMPLETE: containers:web: .*127\.0\.0\.1:1/],
    ["that does not start", "localhost/test/broken:1", /^INCOMPLETE: containers:web: .*\/not\/there/],
  ] as const) {
    test(
      `an image ${what} ends with 4 and its name; what ran before runs`,
      async () => {
        const before = await running();
        const { code, stderr } = await supercargo("update", wish({ ...BOTH, web: image }));
        expect(stderr).toMatch(reason);
        expect(code).toBe(4);
        await until(
          async () => (await whats()).every((one) => one.endsWith("Running")),
          "all run again",
          30_000,
        );
        const after = await running();
        expect(Object.keys(after).sort()).toEqual(["db", "web"]);
        expect(after["web"]?.what).toBe("localhost/test/web:2 Running");
        expect(after["web"]?.task.split(" ")[0]).toBe(before["web"]?.task.split(" ")[0] ?? "");
        expect(after["db"]).toEqual(before["db"]);
      },
      LIMIT_MS,
    );
  }

  test(
    "a refused desired state ends with 3, a file with a fault with 1 and its place, and nothing was touched",
    async () => {
      const before = await running();
      const path = join(folder, "bad.json");
      writeFileSync(
        path,
        JSON.stringify({
          domains: [
            { id: "containers", components: [{ id: "web", config: [{ key: "network", value: "moon" }] }] },
          ],
        }),
      );
      const refused = await supercargo("update", "--json", path);
      expect(refused.code).toBe(3);
      const last = JSON.parse(refused.stdout.trim().split("\n").at(-1) ?? "");
      expect(last.outcome).toBe("IDENTIFICATION_FAILED");
      expect(last.reason).toContain("web");
      writeFileSync(path, '{"domains": [\n  {"id": 7}]}');
      const faulty = await supercargo("update", path);
      expect(faulty.code).toBe(1);
      expect(faulty.stderr).toContain(
        `${path}: domains[0].id: text expected, number found (line 2, column 10)`,
      );
      expect(await running()).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    "where no agent answers it is named after its limit, and where no broker is it says so",
    async () => {
      const path = join(folder, "nobody.json");
      writeFileSync(path, JSON.stringify({ domains: [{ id: "nobody" }] }));
      const mute = await supercargo("update", "--answer-timeout", "500ms", path);
      expect([mute.code, mute.stderr]).toEqual([
        3,
        "IDENTIFICATION_FAILED: nobody: no update agent answered within 0.5 s\n",
      ]);
      const state = await supercargo("current-state", "--domain", "nobody", "--timeout", "300ms");
      expect(state.code).toBe(1);
      expect(state.stderr).toContain("no update agent of the domain nobody answered within 0.3 s");
      const alone = await runProgram("supercargo", ["update", "--broker", "tcp://127.0.0.1:1", path]);
      expect(alone.code).toBe(1);
      expect(alone.stderr).toContain("tcp://127.0.0.1:1: the broker at 127.0.0.1:1 cannot be reached");
    },
    LIMIT_MS,
  );
});

test(
  "--watch follows what another leads, to its end and with its exit code",
  async () => {
    const watching = spawn(SUPERCARGO, ["update", "--watch", ...at()], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let shown = "";
    const listens = new Promise<void>((resolve) => watching.stderr.once("data", () => resolve()));
    watching.stdout.on("data", (chunk) => {
      shown += chunk;
    });
    const ended = new Promise<number | null>((resolve) => watching.once("close", resolve));
    try {
      await listens;
      expect((await supercargo("update", "--activity", "followed", wish(BOTH))).code).toBe(0);
      expect(await ended).toBe(0);
      expect(shown).toContain("activity followed\n");
      expect(shown).toContain("containers:web 1 ACTIVATION_SUCCESS");
    } finally {
      watching.kill("SIGKILL");
    }
  },
  LIMIT_MS,
);

test(
  "on a terminal there is a tree with bars; consent is asked for, and denied nothing was touched",
  async () => {
    const before = await running();
    const path = wish({ ...BOTH, web: "localhost/test/web:2" });
    using screen = new TmuxScreen({ columns: 160 });
    screen.enter(`${SUPERCARGO} update --ask update ${at().join(" ")} ${path}; echo "ended with $?"`);
    await screen.shows(/UPDATE: go on\? \[y\/N\]/);
    expect(screen.text).toMatch(/^├─ db +1 +\[ *\] +IDENTIFIED/m);
    expect(screen.text).toMatch(/^└─ web +2 +\[={10} {10}\] +DOWNLOAD_SUCCESS/m);
    expect(await running()).toEqual(before);
    screen.enter("n");
    await screen.shows(/ended with 5/);
    expect(screen.text).toContain("INCOMPLETE: consent to UPDATE was denied");
    expect(await running()).toEqual(before);
    screen.enter("clear");
    // The question of before is no longer on the screen.
    await screen.shows(/^(?![\s\S]*ended with 5)/);
    screen.enter(`${SUPERCARGO} update --ask update ${at().join(" ")} ${path}; echo "ended with $?"`);
    await screen.shows(/UPDATE: go on\? \[y\/N\]/);
    screen.enter("y");
    await screen.shows(/ended with 0/);
    expect(screen.text).toMatch(/^└─ web +2 +\[={20}\] +ACTIVATION_SUCCESS/m);
    expect((await running())["web"]?.what).toBe("localhost/test/web:2 Running");
  },
  LIMIT_MS,
);
