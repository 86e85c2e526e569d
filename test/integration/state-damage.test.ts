/** State files that a failing disk or a careless hand has damaged: spare copies stand in, nothing is deleted, the status tells it (DESIGN §1, reliability R7). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cast, KILL, STAYS } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/damage:1";
const LIMIT_MS = 120_000;

/** What happens to a file. */
const DAMAGES: Readonly<Record<string, (content: Buffer) => Uint8Array>> = {
  emptied: () => new Uint8Array(),
  halved: (content) => content.subarray(0, content.length / 2),
  truncated: (content) => content.subarray(0, content.length - 3),
  garbage: (content) => content.map((byte, index) => (index % 7 === 3 ? byte ^ 0x5a : byte)),
  zeroed: (content) => new Uint8Array(content.length),
};

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({ manager: { live_restore: true } });
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

const home = () => join(device.home, "cm");
const fileOf = (id: string, name: string) => join(home(), "containers", id, name);
const quarantine = () => readdirSync(join(home(), "supercargo/quarantine"));

async function all() {
  return [...(await cast.client.list(stepSignal()))].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function restartDamaged(damage: () => void): Promise<void> {
  await device.device.end("container-management", "SIGKILL");
  damage();
  await device.device.startDaemon(stepSignal());
}

async function problemsOf(id: string) {
  return (await cast.ours.status(stepSignal())).problems.filter(({ subject }) => subject === id);
}

describe("a damaged config.json", () => {
  const damaged = new Map<string, Uint8Array>();

  test(
    "is stood in for by its spare copy, the container runs on, and it is told",
    async () => {
      for (const id of Object.keys(DAMAGES)) {
        await cast.start(id, STAYS, "always");
        await cast.client.rename(id, `${id}-renamed`, stepSignal());
      }
      const before = await all();
      await restartDamaged(() => {
        for (const [id, damage] of Object.entries(DAMAGES)) {
          const path = fileOf(id, "config.json");
          const content = damage(readFileSync(path));
          damaged.set(id, content);
          writeFileSync(path, content);
        }
      });
      expect(await all()).toEqual(before);
      for (const id of Object.keys(DAMAGES)) {
        const [problem] = await problemsOf(id);
        expect(problem).toMatchObject({ code: "SC_STATE_UNREADABLE", subject: id });
        expect(problem?.message).toContain("the spare copy is used");
      }
      await cast.untilEngineAgrees();
    },
    LIMIT_MS,
  );

  test("lies aside as it was found", () => {
    const aside = quarantine().map((name) => readFileSync(join(home(), "supercargo/quarantine", name)));
    for (const content of damaged.values()) {
      expect(aside.some((kept) => kept.equals(content))).toBe(true);
    }
  });

  test(
    "is mended: the next start finds nothing to tell",
    async () => {
      await restartDamaged(() => {});
      expect((await cast.ours.status(stepSignal())).problems).toEqual([]);
      await cast.untilEngineAgrees();
      await cast.removeAll();
    },
    LIMIT_MS,
  );
});

describe("with both files damaged", () => {
  let pid = 0;

  test(
    "the folder goes aside, the others are there, and what runs in the engine is kept",
    async () => {
      await cast.start("lost", STAYS, "always");
      await cast.start("other", STAYS, "always");
      pid = await cast.pid("lost");
      await restartDamaged(() => {
        writeFileSync(fileOf("lost", "config.json"), "");
        writeFileSync(fileOf("lost", "supercargo.json"), "{");
      });
      expect((await cast.client.list(stepSignal())).map(({ id }) => id)).toEqual(["other"]);
      expect(quarantine()).toContainEqual(expect.stringMatching(/^lost\.\d+$/));
      expect(cast.tasks()).toContain(`lost ${pid} RUNNING`);
      const told = await problemsOf("lost");
      expect(told.map(({ code }) => code)).toContain("SC_STATE_UNREADABLE");
    },
    LIMIT_MS,
  );

  test(
    "a later start keeps it as well and goes on telling it, until the container is made anew",
    async () => {
      await restartDamaged(() => {});
      expect(cast.tasks()).toContain(`lost ${pid} RUNNING`);
      expect(await problemsOf("lost")).toHaveLength(1);
      await cast.start("lost", STAYS, "always");
      expect(await problemsOf("lost")).toEqual([]);
      await cast.untilEngineAgrees();
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    },
    LIMIT_MS,
  );
});

test(
  "damaged additions alone go aside: the container stays as it is",
  async () => {
    const before = await cast.get("other");
    await restartDamaged(() => writeFileSync(fileOf("other", "supercargo.json"), "[]"));
    expect(await cast.get("other")).toEqual(before);
    const told = await problemsOf("other");
    expect(told[0]?.message).toContain("additions of the container are lost");
    await cast.client.stop("other", KILL, stepSignal());
    await cast.client.start("other", stepSignal());
  },
  LIMIT_MS,
);

test(
  "a journal note that cannot be read goes aside and is told",
  async () => {
    await restartDamaged(() => writeFileSync(join(home(), "supercargo/journal/note.json"), "{"));
    const { problems } = await cast.ours.status(stepSignal());
    expect(problems).toContainEqual(
      expect.objectContaining({ code: "SC_STATE_UNREADABLE", subject: "note.json" }),
    );
    expect(quarantine()).toContainEqual(expect.stringContaining("journal.note.json"));
  },
  LIMIT_MS,
);
