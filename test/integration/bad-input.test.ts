import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { answerError, cutOff, MemoryRegistry } from "./support/memory-registry.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage } from "./support/oci-image.ts";

const BAD = join(import.meta.dir, "../../../shared/cases/bad-manifests");
const IMAGE = "localhost/test/bad-input:1";
const STAY = "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done";
/** Accepted, with a warning at most (their README's "good answer"); their images are not to be had, so they fail later. */
const ACCEPTED = ["03-unknown-key.json", "06-bom.json", "15-internal-format-key-missing.json"];

let device: TestDevice;
let registry: MemoryRegistry;
let listener: Server;
let folder: string;
let keeper: Container;
let reference: string;
let count = 0;

interface Case {
  readonly image?: string;
  readonly cmd?: readonly string[];
  readonly more?: Readonly<Record<string, unknown>>;
  readonly hostConfig?: Readonly<Record<string, unknown>>;
}

const restart = { restart_policy: { type: "no", maximum_retry_count: 0, retry_timeout: 0 } };

/** Deploys a folder with one bad and one good manifest; answers what the deployer said. */
async function deployBad({ image = IMAGE, cmd = ["sh", "-c", STAY], more = {}, hostConfig = {} }: Case) {
  const name = `bad-${count++}`;
  const place = join(folder, name);
  mkdirSync(place);
  const manifest = (own: string, values: object) =>
    writeFileSync(join(place, `${own}.json`), JSON.stringify({ container_name: own, ...values }));
  manifest(name, {
    container_id: name,
    image: { name: image },
    config: { cmd },
    host_config: { ...restart, ...hostConfig },
    ...more,
  });
  manifest(`${name}-good`, {
    image: { name: IMAGE },
    config: { cmd: ["sh", "-c", STAY] },
    host_config: restart,
  });
  const run = await device.deployOnce(place, "--probation", "0");
  return { name, run };
}

/** The good one runs, the keeper still is the same process, and nothing half-made is left. */
async function expectOnlyTheGoodOne(name: string): Promise<void> {
  const { client } = device.device;
  const containers = await client.list(stepSignal());
  const good = containers.find((container) => container.name === `${name}-good`);
  expect(good?.state.status).toBe("Running");
  expect(containers.find(({ id }) => id === keeper.id)?.state.pid).toBe(keeper.state.pid);
  // A container that was made but could not be started stays as `Created` or `Stopped`, as with the peer; nothing else stays.
  expect(engineLeftovers(device.device, containers)).toEqual([]);
  const stop = { timeoutSeconds: 1, force: true, signal: "" };
  for (const { id, name: own } of containers) {
    if (own.startsWith(name)) await client.remove(id, true, stop, stepSignal());
  }
}

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  reference = registry.offer("test/app", "1", buildImage());
  device = await startTestDevice(
    { containers: { insecure_registries: ["localhost", registry.host] } },
    { containerdDisk: "200m" },
  );
  folder = mkdtempSync(join(tmpdir(), "supercargo-bad-"));
  await device.importImage({ name: IMAGE, config: {} });
  listener = createServer();
  await new Promise<void>((resolve) => listener.listen(23001, "0.0.0.0", resolve));
  const place = join(folder, "keeper");
  mkdirSync(place);
  const keeperManifest = {
    container_id: "keeper",
    container_name: "keeper",
    image: { name: IMAGE },
    config: { cmd: ["sh", "-c", STAY] },
    host_config: { ...restart, port_mappings: [{ host_port: 23000, container_port: 80 }] },
  };
  writeFileSync(join(place, "keeper.json"), JSON.stringify(keeperManifest));
  expect((await device.deployOnce(place, "--probation", "0")).code).toBe(0);
  const [found] = await device.device.client.list(stepSignal());
  if (found === undefined) throw new Error("the keeper is not there");
  keeper = found;
}, 120_000);

afterAll(async () => {
  await device?.end();
  await registry?.stop();
  listener?.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

describe("broken manifests", () => {
  test("each is named with its place and key, the good one beside them runs", async () => {
    const place = join(folder, "broken");
    cpSync(BAD, place, { recursive: true });
    rmSync(join(place, "README.md"));
    for (const file of ACCEPTED) rmSync(join(place, file));
    const good = {
      container_name: "broken-good",
      image: { name: IMAGE },
      config: { cmd: ["sh", "-c", STAY] },
    };
    writeFileSync(join(place, "good.json"), JSON.stringify(good));
    const run = await device.deployOnce(place, "--probation", "0");
    expect(run.code).toBe(1);
    for (const file of readdirSync(place).filter((name) => name !== "good.json")) {
      expect([file, new RegExp(`${file}:\\d+:\\d+: .+`).test(run.stderr)]).toEqual([file, true]);
    }
    expect(run.stderr).toContain("Started [broken-good]");
    await expectOnlyTheGoodOne("broken");
  }, 60_000);

  test("unknown keys, a byte order mark and a short internal form are accepted", async () => {
    const place = join(folder, "accepted");
    mkdirSync(place);
    for (const file of ACCEPTED) cpSync(join(BAD, file), join(place, file));
    const run = await device.deployOnce(place, "--probation", "0");
    expect(run.stderr).toContain("restart_policy");
    for (const file of ACCEPTED) expect(run.stderr).not.toMatch(new RegExp(`ERROR.*${file}:\\d+:\\d+:`));
  }, 60_000);
});

/** What is wrong, and what the message must name. */
const CASES: readonly (readonly [what: string, make: () => Case, named: () => readonly string[]])[] = [
  [
    "an image that does not exist",
    () => ({ image: `${registry.host}/test/none:1` }),
    () => [`${registry.host}/test/none:1`],
  ],
  [
    "a registry that refuses the connection",
    () => ({ image: "127.0.0.1:1/test/app:1" }),
    () => ["127.0.0.1:1/test/app:1"],
  ],
  [
    "a registry that denies access",
    () => {
      registry.intercept = (_, response) => {
        answerError(response, 403, "DENIED", "requested access to the resource is denied");
        return true;
      };
      return { image: reference };
    },
    () => [reference, "403"],
  ],
  [
    "a registry that never answers",
    () => {
      registry.intercept = () => true;
      return { image: reference };
    },
    () => [reference],
  ],
  [
    "a registry that closes in the middle of a blob, again and again",
    () => {
      registry.intercept = (seen, response) => {
        if (!seen.url.includes("/blobs/")) return false;
        const digest = seen.url.split("/").at(-1) ?? "";
        cutOff(response, registry.blob(digest), 0, 100);
        return true;
      };
      return { image: reference };
    },
    () => [reference],
  ],
  [
    "a blob with a wrong digest",
    () => {
      registry.intercept = (seen, response) => {
        if (!seen.url.includes("/blobs/")) return false;
        const wrong = Buffer.from(registry.blob(seen.url.split("/").at(-1) ?? ""));
        wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
        registry.sendBlob(seen, response, wrong);
        return true;
      };
      return { image: reference };
    },
    () => [reference, "digest"],
  ],
  [
    "a host port that another container has",
    () => ({ hostConfig: { port_mappings: [{ host_port: 23000, container_port: 80 }] } }),
    () => ["23000", "keeper"],
  ],
  [
    "a host port that another process has",
    () => ({ hostConfig: { port_mappings: [{ host_port: 23001, container_port: 80 }] } }),
    () => ["23001"],
  ],
  [
    "a mount source that is not there",
    () => ({ more: { mount_points: [{ source: "/no/such/source", destination: "/data" }] } }),
    () => ["/no/such/source"],
  ],
  ["a command that is not in the image", () => ({ cmd: ["/no/such/command"] }), () => ["/no/such/command"]],
  [
    "a device that is not there",
    () => ({ hostConfig: { devices: [{ path_on_host: "/dev/no-such", path_in_container: "/dev/x" }] } }),
    () => ["/dev/no-such"],
  ],
  [
    "an image larger than the disk",
    () => ({
      image: registry.offer(
        "test/huge",
        "1",
        buildImage({ files: { "/huge": noise(230) }, compression: "none" }),
      ),
    }),
    () => ["test/huge:1"],
  ],
];

/** Megabytes that do not compress. */
function noise(megabytes: number): Uint8Array {
  const bytes = new Uint8Array(megabytes * 1024 * 1024);
  for (let at = 0; at < bytes.length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, bytes.length)));
  return bytes;
}

describe("what cannot be deployed", () => {
  for (const [what, make, named] of CASES) {
    test(`${what}: named, the other manifest deployed, nothing half-made, nothing lost`, async () => {
      try {
        const { name, run } = await deployBad(make());
        expect(run.code).toBe(1);
        for (const text of [name, ...named()]) expect(run.stderr).toContain(text);
        await expectOnlyTheGoodOne(name);
      } finally {
        registry.intercept = () => false;
      }
    }, 120_000);
  }
});
