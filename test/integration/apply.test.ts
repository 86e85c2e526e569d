/** A deployer's wish over our extension service: created, left, updated, replaced, or undone (DESIGN §2). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { ApplyResponse_Action as Action } from "../../src/api/gen/supercargo/v1/apply.ts";
import { type ContainerWish, fillDefaults } from "../../src/model/defaults.ts";
import { Cast, KILL, policyOf, STAYS } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/apply:1";
const LIMIT_MS = 120_000;

let device: TestDevice;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
}, LIMIT_MS);
afterAll(() => device?.end(), LIMIT_MS);

function wish(id: string, name: string, env: readonly string[], more: ContainerWish = {}) {
  const hostConfig = { networkMode: "host", ...more.hostConfig };
  const config = { env, cmd: STAYS };
  return fillDefaults({ id, name, image: { name: IMAGE }, config, ...more, hostConfig });
}

async function apply(desired: ReturnType<typeof wish>) {
  const { action, container, reasons } = await cast.ours.apply(
    desired,
    { stop: KILL, probationMs: 300 },
    "a test",
    stepSignal(),
  );
  return { action: Action[action], id: container?.id ?? "", reasons, status: container?.state?.status };
}

for (const [what, id] of [
  ["a fixed id", "fixed"],
  ["a name alone", ""],
] as const) {
  test(
    `with ${what}: created, then left alone, then updated, then replaced`,
    async () => {
      const name = `app-${id}`;
      const first = await apply(wish(id, name, ["V=1"]));
      expect(first).toMatchObject({ action: "CREATED", status: "Running", reasons: [] });
      const pid = await cast.pid(first.id);
      expect(await apply(wish(id, name, ["V=1"]))).toMatchObject({ action: "CHECKED", id: first.id });
      const policy = { hostConfig: { restartPolicy: policyOf("always") } };
      expect(await apply(wish(id, name, ["V=1"], policy))).toMatchObject({
        action: "UPDATED",
        id: first.id,
        reasons: ["host_config.restart_policy"],
      });
      expect(await cast.pid(first.id)).toBe(pid);
      const last = await apply(wish(id, name, ["V=2"], policy));
      expect(last).toMatchObject({ action: "RECREATED", status: "Running", reasons: ["config.env"] });
      expect(last.id === first.id).toBe(id !== "");
      expect((await cast.get(last.id)).config?.env).toEqual(["V=2"]);
      expect((await cast.client.list(stepSignal())).filter((one) => one.name === name)).toHaveLength(1);
      const [details] = await cast.ours.details([last.id], stepSignal());
      expect(details).toMatchObject({
        origin: "a test",
        imageDigest: expect.stringMatching(/^sha256:/),
        restart: undefined,
        blocked: "",
      });
    },
    LIMIT_MS,
  );
}

test(
  "one that was stopped is started, and runs as before",
  async () => {
    await cast.client.stop("fixed", KILL, stepSignal());
    const policy = { hostConfig: { restartPolicy: policyOf("always") } };
    expect(await apply(wish("fixed", "app-fixed", ["V=2"], policy))).toMatchObject({
      action: "CHECKED",
      status: "Running",
    });
  },
  LIMIT_MS,
);

test(
  "one that cannot be is refused with the reason, and the old one runs",
  async () => {
    const broken = { config: { env: ["V=3"], cmd: ["/missing"] } };
    const refused = await apply(wish("fixed", "app-fixed", [], broken)).then(
      () => "",
      (thrown: Error) => thrown.message,
    );
    expect(refused).toContain("/missing");
    const { config } = await cast.untilStatus("fixed", "Running");
    expect(config?.env).toEqual(["V=2"]);
    await cast.untilEngineAgrees();
  },
  LIMIT_MS,
);

test(
  "eight equal wishes at once make one container",
  async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => apply(wish("", "crowd", ["V=1"]))));
    expect(answers.map(({ action }) => action).sort()).toEqual([...Array(7).fill("CHECKED"), "CREATED"]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  },
  LIMIT_MS,
);
