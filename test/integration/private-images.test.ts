/**
 * Images that not everybody may have: behind a login that sdv-kanto-ctl stores, and encrypted. And who can read what of a
 * device with such secrets (R22).
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { Cast, STAYS } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { encrypt, makeKeys, writeLayout } from "./support/encrypted-image.ts";
import { engineLeftovers } from "./support/engine-inventory.ts";
import { LineProxy } from "./support/line-proxy.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage } from "./support/oci-image.ts";
import { type PrivateRegistry, startRegistry } from "./support/registry.ts";

const LIMIT_MS = 180_000;
const CASE = join(import.meta.dir, "../../../shared/cases/manifests/13-encrypted-image.json");
const IMAGE = "localhost/test/private:1";
const LOGIN = { userId: "bot", password: "Registry-Secret-1" };
const BROKER_PASSWORD = "Broker-Secret-2";
const KEY_PASSWORD = "Key-Secret-3";

let device: TestDevice;
let registry: PrivateRegistry;
let cast: Cast;
let config = "";
let keys = "";

const GROUPS = "/etc/group";
/** The group of those who may use the daemon; 64711 when this machine has none. */
let group = "64711";
let groups = "";

/** Lets this test's mount namespace know the group. */
function makeGroup(): void {
  const text = readFileSync(GROUPS, "utf8");
  const known = /^container-management:[^:]*:(\d+):/m.exec(text)?.[1];
  group = known ?? group;
  groups = join(mkdtempSync(join(tmpdir(), "sc-group-")), "group");
  writeFileSync(
    groups,
    known === undefined ? `${text.trimEnd()}\ncontainer-management:x:${group}:\n` : text,
    { mode: 0o644 },
  );
  const mounted = spawnSync("mount", ["--bind", groups, GROUPS], { encoding: "utf8" });
  if (mounted.status !== 0) throw new Error(mounted.stderr);
}

beforeAll(async () => {
  refuseInitialNamespace();
  makeGroup();
  [device, registry] = await Promise.all([
    startTestDevice({ manager: { live_restore: true }, connection: { client_password: BROKER_PASSWORD } }),
    startRegistry({ login: LOGIN }),
  ]);
  await device.importImage({ name: IMAGE, config: {} });
  cast = new Cast(device, IMAGE);
  config = join(device.home, "config.json");
  await cast.start("bystander", STAYS, "no");
  keys = join(device.home, "keys");
  mkdirSync(keys, { mode: 0o700 });
  makeKeys(keys, "demo", KEY_PASSWORD);
  makeKeys(keys, "other");
  const image = buildImage({ files: { "/secret": "opened\n" }, cmd: STAYS });
  await registry.push("demo/open", "1", image);
  writeLayout(join(keys, "plain"), image);
  const credentials = `${LOGIN.userId}:${LOGIN.password}`;
  encrypt(keys, "plain", `docker://${registry.host}/demo/jwe:1`, ["jwe:demo.pub"], credentials);
  encrypt(keys, "plain", `docker://${registry.host}/demo/secret:1.0`, ["pkcs7:demo.crt"], credentials);
}, LIMIT_MS);
afterAll(async () => {
  await device?.end();
  await registry?.stop();
  spawnSync("umount", [GROUPS]);
  rmSync(join(groups, ".."), { recursive: true, force: true });
}, LIMIT_MS);

/** Runs sdv-kanto-ctl over the device's configuration. */
function ctl(
  words: readonly string[],
  input = "",
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, "dist/bin/sdv-kanto-ctl"), ["--config", config, ...words], {
      stdio: ["pipe", "pipe", "pipe"],
      env,
    });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        out += chunk;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, out }));
    child.stdin.end(input);
  });
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "",
    (thrown: Error) => thrown.message,
  );
const encrypted = (name: string, ...own: string[]) => ({
  image: { name: `${registry.host}/${name}`, decryptConfig: { keys: own, recipients: [] } },
});
const key = (name: string) => join(keys, name);

describe("a registry with a login", () => {
  test(
    "is told to a running daemon by sdv-kanto-ctl: containers run on, and its images can be had",
    async () => {
      const pid = await cast.pid("bystander");
      const isRead = cast.client.settingsChange(stepSignal());
      const image = { image: { name: `${registry.host}/demo/open:1` } };
      expect(await failure(cast.create("open", [], "no", image))).toContain("401 Unauthorized");
      // An entry with credentials is spoken to by https unless it is told otherwise.
      await ctl(["add-entry", "containers.insecure_registries", registry.host]);
      const wrong = await ctl(
        ["login", "--check", "-h", registry.host, "-u", "bot", "--password-stdin"],
        "wrong\n",
      );
      expect(wrong).toMatchObject({
        code: 1,
        out: expect.stringContaining(`registry ${registry.host} does not take these credentials`),
      });
      const stored = await ctl(
        ["login", "-h", registry.host, "-u", LOGIN.userId, "--password-stdin"],
        `${LOGIN.password}\n`,
      );
      expect(stored.out).toContain(
        "Kanto Container-Management has taken the changes over; containers run on.",
      );
      expect(stored.code).toBe(0);
      expect(stored.out).not.toContain(LOGIN.password);
      expect(await ctl(["login", "--check", "-h", registry.host])).toMatchObject({ code: 0 });
      // What a deployer that waits for the registry hears.
      await isRead;
      await cast.start("open", [], "no", image);
      expect((await cast.get("open")).state.status).toBe("Running");
      expect(await cast.pid("bystander")).toBe(pid);
    },
    LIMIT_MS,
  );
});

test(
  "the digital twin begins and ends as sdv-kanto-ctl sets it, without a restart of the daemon",
  async () => {
    const codes = async () => (await cast.ours.status(stepSignal())).problems.map(({ code }) => code);
    const pid = device.device.pidOf("container-management");
    expect((await ctl(["set", "connection.broker_url", "tcp://127.0.0.1:1"])).code).toBe(0);
    expect(await codes()).not.toContain("SC_BROKER_UNAVAILABLE");
    expect((await ctl(["set-value", "things.enable", "true"])).out).toContain("has taken the changes over");
    await until(
      async () => (await codes()).includes("SC_BROKER_UNAVAILABLE"),
      "the twin looks for its broker",
    );
    expect((await ctl(["set-value", "things.enable", "false"])).code).toBe(0);
    await until(async () => !(await codes()).includes("SC_BROKER_UNAVAILABLE"), "the twin is gone");
    expect(await codes()).not.toContain("SC_CONFIG_PENDING");
    expect(device.device.pidOf("container-management")).toBe(pid);
    device.device.checkAlive();
  },
  LIMIT_MS,
);

test(
  "a configuration that cannot be replaced stays as it is, and its new content lies where it can be copied from",
  async () => {
    const file = join(device.home, "mounted.json");
    writeFileSync(file, "{}", { mode: 0o600 });
    expect(spawnSync("mount", ["--bind", file, file]).status).toBe(0);
    try {
      const { code, out } = await ctl(["--config", file, "set", "things.enable", "false"]);
      expect(code).toBe(1);
      const [, aside = ""] = /^Run: sudo cp (\S+) /m.exec(out) ?? [];
      expect(JSON.parse(readFileSync(aside, "utf8"))).toEqual({ things: { enable: false } });
      expect(readFileSync(file, "utf8")).toBe("{}");
      expect(readdirSync(device.home).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      rmSync(join(aside, ".."), { recursive: true });
    } finally {
      spawnSync("umount", [file]);
    }
  },
  LIMIT_MS,
);

test(
  "what needs a restart of the daemon restarts the service, and is told",
  async () => {
    const bin = join(device.home, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "systemctl"), `#!/bin/sh\necho "$@" >${bin}/called\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
    const set = await ctl(["set", "network.default_bridge.mtu", "1400"], "", env);
    expect(set.out).toContain("In force after a restart only: network.default_bridge.mtu\nRestarting");
    expect(set.code).toBe(0);
    expect(readFileSync(join(bin, "called"), "utf8")).toBe("restart container-management\n");
    expect((await ctl(["--no-reload", "unset", "network.default_bridge.mtu"])).code).toBe(0);
  },
  LIMIT_MS,
);

describe("an encrypted image", () => {
  test(
    "is refused without a key before anything of it is fetched, and with a wrong one without leaving anything",
    async () => {
      const none = await failure(
        cast.create("none", [], "no", { image: { name: `${registry.host}/demo/jwe:1` } }),
      );
      expect(none).toContain(
        `you are not authorized to use this image: image ${registry.host}/demo/jwe:1 is encrypted and there is no key for it`,
      );
      const wrong = await failure(cast.create("wrong", [], "no", encrypted("demo/jwe:1", key("other.pem"))));
      expect(wrong).toContain("none of the keys opens layer");
      const missing = await failure(
        cast.create("missing", [], "no", encrypted("demo/jwe:1", key("gone.pem"))),
      );
      expect(missing).toContain(`cannot be had from ${key("gone.pem")}: ENOENT`);
      expect((await cast.client.list(stepSignal())).map(({ name }) => name).sort()).toEqual([
        "bystander",
        "open",
      ]);
      expect(engineLeftovers(device.device, await cast.client.list(stepSignal()))).toEqual([]);
      expect(readdirSync(join(device.home, "cm/supercargo/decrypt"))).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "for PKCS7 is deployed by the manifest of the sample cases, whose keys are told in it",
    async () => {
      const folder = join(device.home, "manifests");
      mkdirSync(folder);
      const manifest = readFileSync(CASE, "utf8")
        .replaceAll("localhost:5000", registry.host)
        .replaceAll("/tmp/demo/keys", keys);
      writeFileSync(join(folder, "13.json"), manifest);
      expect(await device.deployOnce(folder, "--probation", "0")).toMatchObject({ code: 0 });
      const [container] = (await cast.client.list(stepSignal())).filter(
        ({ name }) => name === "encrypted-image",
      );
      expect(container?.state.status).toBe("Running");
    },
    LIMIT_MS,
  );

  test(
    "that is on the device is still used by nobody without its key, at no creation and no start",
    async () => {
      const mine = `${key("demo.locked.pem")}:${KEY_PASSWORD}`;
      await cast.start("mine", [], "no", encrypted("demo/jwe:1", mine));
      // The container's keys take the place of the daemon's, also when it names none.
      expect(await failure(cast.create("thief", [], "no", encrypted("demo/jwe:1")))).toContain(
        "takes the place of the daemon's keys",
      );
      expect(
        await failure(cast.create("thief", [], "no", encrypted("demo/jwe:1", key("other.pem")))),
      ).toContain("none of the keys opens layer");
      await cast.client.stop("mine", { timeoutSeconds: 10, force: true, signal: "SIGKILL" }, stepSignal());
      const good = readFileSync(key("demo.locked.pem"));
      writeFileSync(key("demo.locked.pem"), "no key any more");
      expect(await failure(cast.client.start("mine", stepSignal()))).toContain("cannot be had from");
      writeFileSync(key("demo.locked.pem"), good);
      await cast.client.start("mine", stepSignal());
    },
    LIMIT_MS,
  );

  test(
    "is opened with the daemon's own keys, which count as soon as they are set",
    async () => {
      expect((await ctl(["add-entry", "containers.image_dec_keys", key("demo.pem")])).out).toContain(
        "has taken the changes over",
      );
      await cast.start("by-daemon", [], "no", { image: { name: `${registry.host}/demo/jwe:1` } });
      expect((await cast.get("by-daemon")).state.status).toBe("Running");
    },
    LIMIT_MS,
  );
});

/** Every file and folder below, links and sockets included. */
function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? [path, ...walk(path)] : [path];
  });
}

describe("what others of the device can read (R22)", () => {
  const others = (path: string) => lstatSync(path).mode & 0o007;

  test(
    "is no state, no log, no configuration with passwords, and no output of containers",
    async () => {
      const open = [...walk(join(device.home, "cm")), ...walk(join(device.device.places.run, "cm"))]
        .filter((path) => !lstatSync(path).isSymbolicLink())
        .filter(
          (path) => others(path) !== 0 && (!lstatSync(path).isDirectory() || (others(path) & 0o002) !== 0),
        )
        // A mark, or a file that stands for a network namespace: there is nothing in it.
        .filter(
          (path) => (others(path) & 0o002) !== 0 || !lstatSync(path).isFile() || lstatSync(path).size > 0,
        )
        // What containers have to read whoever they run as, and their output, which tools of the peer read as any user.
        .filter(
          (path) =>
            (others(path) & 0o002) !== 0 || !/\/(?:hosts|hostname|resolv\.conf|json\.log)$/.test(path),
        );
      expect(open).toEqual([]);
      expect(statSync(config).mode & 0o777).toBe(0o600);
      expect(statSync(`${config}.backup`).mode & 0o777).toBe(0o600);
      expect(lstatSync(device.device.socket).mode & 0o007).toBe(0);
      expect(lstatSync(device.device.logPath("container-management")).mode & 0o007).toBe(0);
    },
    LIMIT_MS,
  );

  test(
    "or ask: another user is not let in and cannot look into the state; a member of the group may ask, and look into no more",
    async () => {
      const asked = await asNobody(
        join(ROOT, "dist/bin/kanto-cm"),
        "--host",
        device.device.socket,
        "--timeout",
        "2",
        "list",
      );
      expect(asked.code).not.toBe(0);
      // The temporary folder itself keeps others out, which the device's own folders do not.
      chmodSync(device.home, 0o711);
      expect((await asNobody("ls", "-d", join(device.home, "cm/containers/mine"))).code).toBe(0);
      expect(asked.out).toContain("You may not use the daemon's socket");
      const member = await asMember(join(ROOT, "dist/bin/kanto-cm"), "--host", device.device.socket, "list");
      expect(member).toMatchObject({ code: 0, out: expect.stringContaining("bystander") });
      expect((await asNobody("cat", config)).code).not.toBe(0);
      for (const path of [
        "containers/mine/config.json",
        "containers/mine/supercargo.json",
        "supercargo/config.last-good",
      ]) {
        expect((await asNobody("cat", join(device.home, "cm", path))).code).not.toBe(0);
        expect((await asMember("cat", join(device.home, "cm", path))).code).not.toBe(0);
      }
      chmodSync(device.home, 0o700);
    },
    LIMIT_MS,
  );

  test(
    "holds no secret: logs, arguments and environments of processes, state, answers",
    async () => {
      const secrets = [
        LOGIN.password,
        BROKER_PASSWORD,
        KEY_PASSWORD,
        Buffer.from(`bot:${LOGIN.password}`).toString("base64"),
      ];
      const found: string[] = [];
      const look = (place: string, text: string, allowed: readonly string[] = []) => {
        for (const secret of secrets)
          if (text.includes(secret) && !allowed.includes(secret)) found.push(`${place}: ${secret}`);
      };
      for (const path of walk(join(device.home, "log"))) look(path, readFileSync(path, "latin1"));
      for (const path of walk(join(device.home, "cm"))) {
        if (!lstatSync(path).isFile()) continue;
        // The last good configuration is a copy of it; Kanto's file of a container keeps the keys as they were given.
        const allowed = /config\.last-good$/.test(path)
          ? [LOGIN.password, BROKER_PASSWORD]
          : /\/(?:mine|mine\/)[^/]*/.test(path)
            ? [KEY_PASSWORD]
            : [];
        look(path, readFileSync(path, "latin1"), allowed);
      }
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        for (const file of ["cmdline", "environ"])
          look(`/proc/${pid}/${file}`, readOr(`/proc/${pid}/${file}`));
      }
      const answers = JSON.stringify(
        [await cast.client.list(stepSignal()), await cast.ours.status(stepSignal())],
        (_key, value) => (typeof value === "bigint" ? String(value) : value),
      );
      look("the daemon's answers", answers);
      expect(answers).toContain(`${key("demo.locked.pem")}:***`);
      look("sdv-kanto-ctl show-config", (await ctl(["show-config"])).out);
      look("sdv-kanto-ctl get", (await ctl(["get", "connection.client_password"])).out);
      expect(found).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe("a pull that the end of the daemon cuts off", () => {
  test(
    "goes on after its return from what is there",
    async () => {
      const open = await startRegistry();
      const line = await LineProxy.start(open.host);
      try {
        const image = buildImage({
          files: {},
          moreLayers: [{ "/data": randomBytes(6_000_000) }],
          cmd: STAYS,
        });
        await open.push("demo/long", "1", image);
        const bytes = image.layers.reduce((sum, { size }) => sum + size, 0);
        line.fault = () => ({ bytesPerSecond: 4_000_000 });
        const wish = { image: { name: `${line.host}/demo/long:1` } };
        const cut = failure(cast.create("long", [], "no", wish));
        await until(() => line.sentBytes > bytes * 0.6, "most of the image has come");
        await device.device.end("container-management", "SIGKILL");
        expect(await cut).not.toBe("");
        const before = line.sentBytes;
        await device.device.startDaemon(stepSignal());
        await cast.start("long", [], "no", wish);
        // What was on the line when the daemon died comes twice.
        expect(line.sentBytes - before).toBeLessThan(bytes * 0.6);
        expect(line.sentBytes).toBeLessThan(bytes * 1.25);
      } finally {
        await line.stop();
        await open.stop();
      }
    },
    LIMIT_MS,
  );
});

/** A process of somebody else can end while we look. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

const asNobody = (...command: readonly string[]) => asUser("--clear-groups", command);
const asMember = (...command: readonly string[]) => asUser(`--groups=${group}`, command);

function asUser(
  membership: string,
  [program = "", ...args]: readonly string[],
): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("setpriv", ["--reuid=65534", "--regid=65534", membership, program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        out += chunk;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, out }));
  });
}
