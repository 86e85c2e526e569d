import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { askHelper } from "../../../src/registry/credential-helper.ts";
import { credentialsOf } from "../../../src/registry/credentials.ts";
import type { Credentials } from "../../../src/registry/settings.ts";

const ENV = "SUPERCARGO_TEST_PASSWORD";
const searchPath = process.env.PATH ?? "";
let folder: string;
let dockerConfig: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-credentials-"));
  dockerConfig = join(folder, "config.json");
  process.env.PATH = `${folder}:${searchPath}`;
});
afterEach(() => {
  process.env.PATH = searchPath;
  delete process.env[ENV];
  rmSync(folder, { recursive: true });
});

function helper(name: string, script: string): void {
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** Answers what docker's helpers answer for the one server that it knows. */
function goodHelper(name: string, server: string, user = "bot", secret = "s3cret"): void {
  helper(
    name,
    `read server; [ "$1" = get ] || exit 2
if [ "$server" = "${server}" ]; then echo '{"ServerURL":"${server}","Username":"${user}","Secret":"${secret}"}'
else echo "credentials not found in native keychain"; exit 1; fi`,
  );
}

const own = (host: string, credentials: Credentials) =>
  credentialsOf(host, { entries: new Map([[host, { credentials }]]), insecure: [], dockerConfig }, silentLog);

function fromDocker(host: string, config: unknown): Promise<Credentials | undefined> {
  writeFileSync(dockerConfig, typeof config === "string" ? config : JSON.stringify(config), { mode: 0o600 });
  return credentialsOf(host, { entries: new Map(), insecure: [], dockerConfig }, silentLog);
}

async function failure(promise: Promise<unknown>): Promise<SupercargoError> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof SupercargoError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

const packed = (text: string) => Buffer.from(text).toString("base64");

describe("a registry's credentials", () => {
  test("come from the daemon's environment when it is named", async () => {
    process.env[ENV] = "hunter2";
    expect(await own("r", { userId: "u", password: "", passwordEnv: ENV })).toEqual({
      userId: "u",
      password: "hunter2",
    });
    delete process.env[ENV];
    const error = await failure(own("r", { userId: "u", password: "", passwordEnv: ENV }));
    expect([error.code, error.message]).toEqual([
      "SC_REGISTRY_CONFIG",
      `the credentials of registry r are wrong: the daemon's environment has no ${ENV} (password_env)`,
    ]);
  });

  test("of an entry win over docker's file; two sources at once are refused", async () => {
    writeFileSync(dockerConfig, "{ this is not read");
    expect(await own("r", { userId: "u", password: "p" })).toEqual({ userId: "u", password: "p" });
    const error = await failure(own("r", { userId: "u", password: "p", helper: "x" }));
    expect(error.message).toContain("password and helper are both given");
  });
});

describe("docker's config.json", () => {
  test("gives user and password, packed or plain, however the server is spelled", async () => {
    const login = { userId: "u", password: "p:w" };
    expect(await fromDocker("r:5000", { auths: { "r:5000": { auth: packed("u:p:w") } } })).toEqual(login);
    expect(await fromDocker("r", { auths: { "https://r/v2/": { auth: packed("u:p:w\0\0") } } })).toEqual(
      login,
    );
    expect(await fromDocker("r", { auths: { r: { username: "u", password: "p:w" } } })).toEqual(login);
    expect(
      await fromDocker("docker.io", { auths: { "https://index.docker.io/v1/": { auth: packed("u:p:w") } } }),
    ).toEqual(login);
  });

  test("gives a refresh token", async () => {
    expect(await fromDocker("r", { auths: { r: { auth: packed("x:"), identitytoken: "tok" } } })).toEqual({
      userId: "",
      password: "",
      identityToken: "tok",
    });
  });

  test("gives nothing for another host or port", async () => {
    expect(await fromDocker("r:5001", { auths: { "r:5000": { auth: packed("u:p") } } })).toBeUndefined();
    expect(await fromDocker("r", {})).toBeUndefined();
  });

  test("names a helper for one host, and a store for all others that it knows", async () => {
    goodHelper("one", "r");
    goodHelper("all", "https://s/v1/", "<token>", "refresh");
    const config = { auths: { "https://s/v1/": {} }, credHelpers: { r: "one" }, credsStore: "all" };
    expect(await fromDocker("r", config)).toEqual({ userId: "bot", password: "s3cret" });
    expect(await fromDocker("s", config)).toMatchObject({ identityToken: "refresh" });
    expect(await fromDocker("t", config)).toBeUndefined();
  });

  test.each([
    ["{", "not a JSON object"],
    ['{"auths":{"r":{"auth":"c2VjcmV0"}}}', "not the base64 text of user:password"],
  ])("that cannot be read (%j) is named, its content is not", async (content, words) => {
    const error = await failure(fromDocker("r", content));
    expect(error.code).toBe("SC_REGISTRY_CONFIG");
    expect(error.message).toContain(dockerConfig);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("secret");
  });
});

describe("a credential helper", () => {
  test("named by an entry is asked for its host", async () => {
    goodHelper("mine", "r:5000");
    expect(await own("r:5000", { userId: "", password: "", helper: "mine" })).toEqual({
      userId: "bot",
      password: "s3cret",
    });
  });

  test("that is not there, is a path, or answers nonsense is a wrong setting", async () => {
    helper("bad", 'echo \'{"Secret": 5, "x": "s3cret"}\'');
    for (const name of ["none", "../bad", "bad"]) {
      const error = await failure(askHelper("r", name, "r"));
      expect(error.code).toBe("SC_REGISTRY_CONFIG");
      expect(error.message).toContain(`docker-credential-${name}`);
      expect(error.message).not.toContain("s3cret");
    }
  });

  test("that fails or hangs may help later", async () => {
    helper("away", "echo 'no route to the cloud' >&2; exit 1");
    helper("slow", "exec sleep 30");
    expect((await failure(askHelper("r", "away", "r"))).code).toBe("SC_REGISTRY_UNAVAILABLE");
    const slow = await failure(askHelper("r", "slow", "r", 100));
    expect(slow.code).toBe("SC_REGISTRY_UNAVAILABLE");
    expect(slow.message).toContain("did not end within 100 ms");
  });
});
