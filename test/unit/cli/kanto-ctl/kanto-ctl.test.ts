/** sdv-kanto-ctl in this process: what it says, what it does to the file, whom it tells (spec/registries-and-tools.md §1). */

import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runKantoCtl } from "../../../../src/cli/kanto-ctl/run.ts";
import { GrpcServer } from "../../../../src/grpc/server.ts";

const root = mkdtempSync(join(tmpdir(), "sc-ctl-"));
const PATH = process.env["PATH"];
let folder = "";
let path = "";
let count = 0;

beforeEach(() => {
  folder = join(root, String(++count));
  mkdirSync(folder);
  path = join(folder, "config.json");
  // A stand-in that notes how it was called.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "systemctl"),
    `#!/bin/sh\necho "$@" >> ${folder}/systemctl.calls\nexit $(cat ${folder}/systemctl.code 2>/dev/null || echo 0)\n`,
  );
  chmodSync(join(bin, "systemctl"), 0o755);
  process.env["PATH"] = `${bin}:${PATH}`;
});
afterEach(() => {
  process.env["PATH"] = PATH;
});
afterAll(() => rmSync(root, { recursive: true }));

async function* bytes(input: string): AsyncGenerator<Uint8Array> {
  for (const letter of Buffer.from(input)) yield Uint8Array.of(letter);
}

/** Runs it over the test's file, whose daemon is not there. */
async function ctl(
  words: readonly string[],
  input?: { readonly typed: string; readonly isTerminal: boolean },
) {
  const said = { out: "", err: "" };
  let isRaw = false;
  const code = await runKantoCtl(
    ["--config", path, ...words],
    {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      write: () => {},
      env: { HOME: folder },
      isTerminal: () => input?.isTerminal ?? false,
      size: () => ({ columns: 80, rows: 24 }),
      onResize: () => ({ [Symbol.dispose]: () => {} }),
      openInput: (raw) => {
        isRaw = raw;
        return { chunks: bytes(input?.typed ?? ""), close: () => {} };
      },
    },
    new AbortController().signal,
  );
  return { code, ...said, isRaw };
}

const put = (value: unknown) => writeFileSync(path, JSON.stringify(value));
const read = () => JSON.parse(readFileSync(path, "utf8"));
const calls = () =>
  existsSync(join(folder, "systemctl.calls")) ? readFileSync(join(folder, "systemctl.calls"), "utf8") : "";
/** So that no daemon of this machine is asked. */
const NOBODY = { grpc_server: { address_path: "/nonexistent/socket" } };

describe("registries", () => {
  test("are added with their words, kept private, and the service is restarted when no daemon of ours answers", async () => {
    put(NOBODY);
    const { code, out, err } = await ctl(["add-registry", "-u", "github", "-h", "ghcr.io", "-p", "mypass"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(`Adding container registry ghcr.io
Backing up to ${path}.backup
Applying changes:
{
  "credentials": {
    "user_id": "github",
    "password": "***"
  }
}
Restarting Kanto Container-Management to apply changes...
`);
    expect(read().containers.registry_configurations).toEqual({
      "ghcr.io": { credentials: { user_id: "github", password: "mypass" } },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}.backup`).mode & 0o777).toBe(0o600);
    expect(calls()).toBe("restart container-management\n");
  });

  test("keep their other settings when they get new credentials, and lose those that the new ones replace", async () => {
    const transport = { root_ca: "/ca.crt" };
    put({
      ...NOBODY,
      containers: {
        registry_configurations: { a: { credentials: { user_id: "u", password_file: "/p" }, transport } },
      },
    });
    await ctl(["--no-reload", "add-registry", "--hostname", "a", "--username", "v", "--password", "w"]);
    expect(read().containers.registry_configurations).toEqual({
      a: { credentials: { user_id: "v", password: "w" }, transport },
    });
    await ctl(["-r", "add-registry", "-h", "a", "-u", "v", "--password-file", "/run/secret"]);
    expect(read().containers.registry_configurations.a.credentials).toEqual({
      user_id: "v",
      password_file: "/run/secret",
    });
    expect(calls()).toBe("");
  });

  test("take the password from standard input or a prompt that shows nothing", async () => {
    put(NOBODY);
    expect(
      (
        await ctl(["-r", "add-registry", "-h", "a", "-u", "u", "--password-stdin"], {
          typed: "päss\n",
          isTerminal: false,
        })
      ).code,
    ).toBe(0);
    expect(read().containers.registry_configurations.a.credentials.password).toBe("päss");
    const asked = await ctl(["-r", "add-registry", "-h", "b", "-u", "u"], {
      typed: "sex\u007fcret\r",
      isTerminal: true,
    });
    expect({ err: asked.err, isRaw: asked.isRaw }).toEqual({ err: "Password of u at b: \n", isRaw: true });
    expect(read().containers.registry_configurations.b.credentials.password).toBe("secret");
    const left = await ctl(["add-registry", "-h", "c", "-u", "u"], { typed: "x\u0003", isTerminal: true });
    expect({ code: left.code, err: left.err }).toEqual({
      code: 1,
      err: "Password of u at c: \nError: interrupted; nothing was changed\n",
    });
    expect(asked.out + left.out).not.toContain("secret");
  });

  test("are listed as JSON texts in order, removed one by one and all at once", async () => {
    expect(await ctl(["list-registries"])).toMatchObject({ code: 0, out: "", err: "" });
    put({
      ...NOBODY,
      containers: {
        registry_configurations: { "z.io": {}, "a.io": { credentials: { password: "x" } } },
        other: 1,
      },
    });
    expect((await ctl(["list-registries"])).out).toBe('"a.io"\n"z.io"\n');
    const removed = await ctl(["-r", "remove-registry", "-h", "z.io"]);
    expect(removed.out).toContain("Removing container registry z.io\n");
    expect(removed.out).toContain('{\n  "a.io": {\n    "credentials": {\n      "password": "***"');
    expect((await ctl(["-r", "remove-all-registries"])).out).toContain(
      "Removing all configured container registries\n",
    );
    expect(read()).toEqual({ ...NOBODY, containers: { other: 1 } });
    const none = await ctl(["remove-registry", "-h", "z.io"]);
    expect(none).toMatchObject({
      code: 0,
      out: "Removing container registry z.io\nNo difference to existing configuration.\nnull\n",
    });
    expect(calls()).toBe("");
  });
});

describe("values", () => {
  test("have the kind of their key", async () => {
    put(NOBODY);
    for (const [key, value] of [
      ["things.enable", "true"],
      ["network.default_bridge.mtu", "1400"],
      ["log.log_level", "DEBUG"],
      ["manager.default_ctrs_stop_timeout", "2"],
      ["things.features", "Metrics,ContainerFactory"],
      ["connection.keep_alive", "1m"],
      ["containers.image_verifier_config", '{"configDir":"/n"}'],
      ["containers.registry_configurations.my.reg:5000.transport.root_ca", "/ca.crt"],
    ] as const) {
      expect(await ctl(["--no-reload", "set", key, value])).toMatchObject({ code: 0, err: "" });
    }
    expect(read()).toEqual({
      ...NOBODY,
      things: { enable: true, features: ["Metrics", "ContainerFactory"] },
      network: { default_bridge: { mtu: 1400 } },
      log: { log_level: "DEBUG" },
      manager: { default_ctrs_stop_timeout: "2" },
      connection: { keep_alive: "1m" },
      containers: {
        image_verifier_config: { configDir: "/n" },
        registry_configurations: { "my.reg:5000": { transport: { root_ca: "/ca.crt" } } },
      },
    });
    expect((await ctl(["get", "things.enabled"])).out).toBe("true\n");
    expect((await ctl(["get", "log.log_level"])).out).toBe("DEBUG\n");
    expect(await ctl(["get", "log.syslog"])).toMatchObject({
      code: 1,
      out: "",
      err: `log.syslog is not set in ${path}\n`,
    });
    await ctl(["-r", "unset", "things"]);
    expect(read().things).toBeUndefined();
  });

  test.each([
    [["set-value", "things.enable", "yes"], 'things.enable: true or false is expected, "yes" given'],
    [
      ["set-value", "network.default_bridge.mtu", "7"],
      "network.default_bridge.mtu: another value (this one is not between 68 and 65535)",
    ],
    [["set-value", "network.default_bridge.ip4", "x"], "is no address with prefix length"],
    [["set-value", "containers.default_seccomp", "x"], "one of default, unconfined is expected"],
    [["set-value", "containers.image_expiry", "31d"], "containers.image_expiry: a duration"],
    [["set-value", "containers.registry_configurations.a", "x"], "a JSON object is expected"],
    [["set-value", "containers.lease_id.x", "1"], "containers.lease_id is no section"],
    [["set-value", "network.default_bridge.gwip4", "10.0.0.1"], "is not in the network of ip4"],
    [["add-entry", "things.enable", "x"], "things.enable is no list"],
    [["add-entry", "containers.insecure_registries", "x"], "containers.insecure_registries is no list"],
    [["set-value", "a..b", "x"], '"a..b" is no key'],
    [["add-registry", "-h", "a/b", "-u", "u", "-p", "secret"], '"a/b" is no host of a registry'],
  ])("%j is refused and changes nothing", async (words, message) => {
    const text =
      '{ "containers": {"lease_id": "l", "insecure_registries": {} }, "network": {"default_bridge": {"ip4": "172.18.0.1/16"}} }';
    writeFileSync(path, text);
    const { code, err, out } = await ctl(words);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err + out).not.toContain("secret");
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(readdirSync(folder).sort()).toEqual(["bin", "config.json"]);
    expect(calls()).toBe("");
  });

  test("of a file that is no JSON and no TOML are left alone, with the place of the fault", async () => {
    writeFileSync(path, '{"things": {');
    expect((await ctl(["set-value", "things.enable", "true"])).err).toContain(
      `${path}:1:13: unexpected end of file`,
    );
    expect(readFileSync(path, "utf8")).toBe('{"things": {');
  });

  test("mend a file with a fault; other faults are told", async () => {
    put({ ...NOBODY, things: { enable: "true" }, log: { syslog: 1 } });
    const { code, err } = await ctl(["-r", "set-value", "things.enable", "true"]);
    expect(code).toBe(0);
    expect(err).toContain(
      "another fault, for which the daemon refuses it: log.syslog: true or false is expected",
    );
    expect(read().things.enable).toBe(true);
  });

  test("that nobody knows are stored as texts, with the nearest known key", async () => {
    put({ ...NOBODY, mine: { kept: 1.5 } });
    const { err } = await ctl(["-r", "set-value", "log.log_levl", "1"]);
    expect(err).toBe(
      "warning: log.log_levl: the key is not known and has no effect; did you mean log_level?\n",
    );
    expect(read()).toEqual({ ...NOBODY, mine: { kept: 1.5 }, log: { log_levl: "1" } });
  });
});

describe("lists", () => {
  test("get and lose entries as the peer's tests want it", async () => {
    put({});
    const added = await ctl(["-r", "add-entry", "containers.insecure_registries", "localhost:5000"]);
    expect(added.out).toContain("Adding localhost:5000 to configuration containers.insecure_registries\n");
    expect(added.err).toContain("takes the place of the default, which is: localhost");
    expect(read().containers.insecure_registries[0]).toBe("localhost:5000");
    await ctl(["-r", "remove-entry", "containers.insecure_registries", "localhost:5000"]);
    expect(read().containers.insecure_registries).toEqual([]);
    put({});
    expect(await ctl(["remove-entry", "containers.insecure_registries", "x"])).toMatchObject({ code: 0 });
    expect(read()).toEqual({});
  });
});

describe("the file", () => {
  test("keeps its link, its permissions and everything else; without a password they stay as they were", async () => {
    const real = join(folder, "real.json");
    writeFileSync(real, '{"z": 1,\n "a":2, "connection": {"client_password": "p"}}');
    chmodSync(real, 0o664);
    symlinkSync("real.json", path);
    expect((await ctl(["-r", "set-value", "log.log_file", ""])).code).toBe(0);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o664);
    expect(readFileSync(real, "utf8")).toBe(
      '{"z": 1,\n "a":2, "connection": {"client_password": "p"}, "log": {"log_file":""}}',
    );
    expect(existsSync(`${real}.backup`)).toBe(true);
  });

  test("can be TOML, whose comments stay", async () => {
    path = join(folder, "config.toml");
    writeFileSync(path, "# mine\n[things]\nenabled = true # why\n");
    expect((await ctl(["-r", "set", "things.enable", "false"])).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe("# mine\n[things]\nenabled = false # why\n");
  });

  test("that another one is laid over: it is said when that one has the key too", async () => {
    put(NOBODY);
    writeFileSync(join(folder, "config.toml"), "[things]\nenable = true\n");
    expect((await ctl(["-r", "set", "things.enable", "false"])).err).toContain(
      "config.toml has things.enable too, and counts",
    );
    writeFileSync(
      join(folder, "config.toml"),
      '[containers.registry_configurations."r.io".credentials]\nuser_id = "u"\n',
    );
    expect((await ctl(["list-registries"])).out).toBe('"r.io"\n');
    expect((await ctl(["-r", "remove-registry", "-h", "r.io"])).err).toContain("r.io too, and counts");
  });

  test("is named by sdv.conf of the user, whose text is not run", async () => {
    path = "";
    mkdirSync(join(folder, ".config"));
    const named = join(folder, "named.json");
    writeFileSync(named, '{"things":{"enable":false}}');
    writeFileSync(
      join(folder, ".config/sdv.conf"),
      `# KANTO_CONFIG=/no\nexport KANTO_CONFIG="${named}"\nKANTO_CONFIG=$(touch ${folder}/ran)\n`,
    );
    const said: string[] = [];
    const terminal = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
    const code = await runKantoCtl(
      ["get", "things.enable"],
      {
        ...terminal,
        write: () => {},
        env: { HOME: folder },
        isTerminal: () => false,
        size: () => ({ columns: 1, rows: 1 }),
        onResize: () => ({ [Symbol.dispose]: () => {} }),
        openInput: () => ({ chunks: bytes(""), close: () => {} }),
      },
      new AbortController().signal,
    );
    expect({ code, said }).toEqual({ code: 0, said: ["false\n"] });
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("that is in no folder cannot be changed: its new content is put aside, and how to copy it is said", async () => {
    path = join(folder, "missing", "config.json");
    const { code, out } = await ctl(["set", "things.enable", "false"]);
    expect(code).toBe(1);
    expect(out).toContain(`ERROR: No write permissions to ${path}\n`);
    const [, aside = ""] = /Run: sudo cp (\S+) /.exec(out) ?? [];
    expect(JSON.parse(readFileSync(aside, "utf8"))).toEqual({ things: { enable: false } });
    expect(statSync(aside).mode & 0o777).toBe(0o600);
    rmSync(join(aside, ".."), { recursive: true });
    expect(calls()).toBe("");
  });

  test("edited by many at once has every edit", async () => {
    put(NOBODY);
    const hosts = Array.from({ length: 12 }, (_value, at) => `r${at}`);
    const codes = await Promise.all(
      hosts.map((host) => ctl(["-r", "add-registry", "-h", host, "-u", "u", "-p", "p"])),
    );
    expect(codes.map(({ code }) => code)).toEqual(hosts.map(() => 0));
    expect(Object.keys(read().containers.registry_configurations).sort()).toEqual([...hosts].sort());
  });
});

describe("the service", () => {
  test("that cannot be restarted is told with what to do, exit code 1; the change is stored", async () => {
    put(NOBODY);
    writeFileSync(join(folder, "systemctl.code"), "5");
    const { code, err } = await ctl(["set", "things.enable", "false"]);
    expect(code).toBe(1);
    expect(err).toContain(
      "the changes are stored, but container-management could not be restarted: systemctl ended with exit code 5",
    );
    expect(read().things.enable).toBe(false);
  });

  test("that is Kanto's, which cannot reload, is restarted", async () => {
    const server = new GrpcServer({});
    const socket = join(folder, "cm.sock");
    server.listen({ unix: socket, mode: 0o600 });
    try {
      put({ grpc_server: { address_path: socket } });
      expect((await ctl(["set", "things.enable", "false"])).code).toBe(0);
      expect(calls()).toBe("restart container-management\n");
    } finally {
      await server.stop({ graceMs: 0 });
    }
  });

  test("--no-reload leaves it alone and says so", async () => {
    put(NOBODY);
    expect((await ctl(["--no-reload", "set", "things.enable", "false"])).out).toEndWith(
      "Note: Kanto requires a restart for the changes to take affect.\n",
    );
    expect(calls()).toBe("");
  });
});

describe("mistakes on the command line are told on standard output, exit code 1", () => {
  test.each([
    [["nonsense"], "ERROR: Unkown command or option: nonsense\nTry sdv-kanto-ctl --help\n"],
    [["-h"], "ERROR: Unkown command or option: -h\nTry sdv-kanto-ctl --help\n"],
    [[""], "ERROR: Unkown command or option: \nTry sdv-kanto-ctl --help\n"],
    [["show-config", "x"], "Error: Unknown argument for command show-config: x\n"],
    [["add-registry", "-x"], "Error: Unknown argument for command add-registry: -x\n"],
    [["set-value", "a"], "ERROR: set-value command requires two arguments: <key> and <value>\n"],
    [["add-entry", "a", "b", "c"], "ERROR: add-entry command requires two arguments: <key> and <value>\n"],
    [["remove-entry"], "ERROR: remove-entry command requires two arguments: <key> and <value>\n"],
    [["remove-registry"], "Error: missing arguments for command remove-registry\nUsage:\n\tsdv-kanto-ctl"],
    [
      ["add-registry", "-h", "x", "-u", "y"],
      "Error: missing arguments for command add-registry\nUsage:\n\tsdv-kanto-ctl add-registry -h <hostname>",
    ],
    [
      ["add-registry"],
      "Note: For GitHub Container Registry, you can use a Personal Access Token (PAT) as password.\n",
    ],
  ])("%j", async (words, text) => {
    const { code, out, err } = await ctl(words);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toContain(text);
  });

  test("help needs no file", async () => {
    for (const words of [[], ["--help"], ["-v", "--ansi", "--help"]]) {
      expect(await ctl(words)).toMatchObject({ code: 0, err: "" });
    }
    expect((await ctl(["--help"])).out).toContain("add-registry -h <hostname> -u <username>");
  });
});
