/** Trying credentials without pulling anything. */

import { afterEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../../src/base/log.ts";
import { tryLogin } from "../../../src/registry/login.ts";
import type { RegistrySettings } from "../../../src/registry/settings.ts";
import { answerError, MemoryRegistry } from "../../integration/support/memory-registry.ts";

let server: MemoryRegistry | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const signal = () => AbortSignal.timeout(10_000);

function settings(host: string, password: string): RegistrySettings {
  return { entries: new Map([[host, { credentials: { userId: "bot", password } }]]), insecure: [host] };
}

async function start(scheme: "basic" | "bearer" | "none"): Promise<MemoryRegistry> {
  const started = await MemoryRegistry.start();
  server = started;
  started.intercept = ({ url, headers }, response) => {
    const given = String(headers["authorization"] ?? "");
    const isRight = given === `Basic ${Buffer.from("bot:right").toString("base64")}`;
    if (url.startsWith("/token")) {
      if (isRight) response.end('{"token":"good"}');
      else answerError(response, 401, "UNAUTHORIZED", "no such user");
    } else if (scheme === "none" || (scheme === "basic" && isRight) || given === "Bearer good")
      response.end("{}");
    else {
      const challenge =
        scheme === "basic" ? 'Basic realm="r"' : `Bearer realm="http://${started.host}/token",service="s"`;
      response.writeHead(401, { "www-authenticate": challenge });
      response.end();
    }
    return true;
  };
  return started;
}

describe("a login", () => {
  test.each(["basic", "bearer"] as const)(
    "of the kind %s is taken with the right password and refused with a wrong one",
    async (scheme) => {
      const { host } = await start(scheme);
      expect(await tryLogin(host, settings(host, "right"), silentLog, signal())).toBe("taken");
      const refused = await tryLogin(host, settings(host, "wr0ng"), silentLog, signal()).catch(
        (thrown: unknown) => thrown,
      );
      expect(refused).toMatchObject({ code: "SC_REGISTRY_DENIED" });
      expect(String(refused)).toContain(`registry ${host} does not take these credentials`);
      expect(String(refused)).not.toContain("wr0ng");
      expect(server?.requests.map(({ url }) => url).filter((url) => url.includes("scope"))).toEqual([]);
    },
  );

  test("at a registry that asks for none is no login", async () => {
    const { host } = await start("none");
    expect(await tryLogin(host, settings(host, "right"), silentLog, signal())).toBe("anonymous");
  });

  test("at a registry that is away says so", async () => {
    const { host } = await start("none");
    await server?.stop();
    server = undefined;
    const failure = await tryLogin(host, settings(host, "right"), silentLog, signal()).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toMatchObject({ code: "SC_REGISTRY_UNAVAILABLE" });
  });
});
