/**
 * Docker's own `config.json`, when the configuration names one: `credHelpers`, `auths`, `credsStore`, in docker's order.
 * Only read, never written.
 */

import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { isRecord } from "./failure.ts";
import { readSecretFile } from "./password-file.ts";
import type { Credentials } from "./settings.ts";

export type DockerLogin =
  | { readonly kind: "credentials"; readonly credentials: Credentials }
  | { readonly kind: "helper"; readonly helper: string; readonly server: string };

/** Under this name docker itself keeps what belongs to docker.io. */
const DOCKER_HUB = "https://index.docker.io/v1/";

/** What the file says about `host`. Throws SC_REGISTRY_CONFIG that names the file, never its content. */
export async function findInDockerConfig(
  host: string,
  path: string,
  log: Log,
): Promise<DockerLogin | undefined> {
  const text = await readSecretFile(host, path, log);
  const config = parse(host, path, text);
  const helpers = config["credHelpers"];
  for (const server of serversOf(host)) {
    const helper = isRecord(helpers) ? helpers[server] : undefined;
    if (typeof helper === "string" && helper !== "") return { kind: "helper", helper, server };
  }
  const store = config["credsStore"];
  const [server] = serversOf(host);
  const auths = config["auths"];
  const known = isRecord(auths)
    ? Object.keys(auths).find((key) => serverName(key) === serverName(host))
    : undefined;
  const login = known === undefined || !isRecord(auths) ? undefined : readLogin(host, path, auths[known]);
  if (login !== undefined) return { kind: "credentials", credentials: login };
  if (typeof store !== "string" || store === "" || server === undefined) return undefined;
  return { kind: "helper", helper: store, server: known ?? server };
}

function parse(host: string, path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch (thrown) {
    // The parser's words can repeat a piece of the file.
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  throw refuse(host, path, "it is not a JSON object");
}

/** The names under which a host can stand in `credHelpers`, docker's own first. */
function serversOf(host: string): readonly string[] {
  return host === "docker.io" ? [DOCKER_HUB, "index.docker.io", host] : [host, `https://${host}`];
}

/** `https://host/v1/` and `host` are the same; the hub has three names. */
function serverName(key: string): string {
  const name = key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return ["index.docker.io", "registry-1.docker.io"].includes(name) ? "docker.io" : name;
}

/** An empty object stands where docker keeps the login in its store. */
function readLogin(host: string, path: string, auth: unknown): Credentials | undefined {
  if (!isRecord(auth)) return undefined;
  const { identitytoken, username, password } = auth;
  if (typeof identitytoken === "string" && identitytoken !== "") {
    return { userId: "", password: "", identityToken: identitytoken };
  }
  const packed = auth["auth"];
  if (typeof packed === "string" && packed !== "") {
    const [, userId, secret] = /^([^:]+):(.*)$/s.exec(Buffer.from(packed, "base64").toString("utf8")) ?? [];
    if (userId === undefined || secret === undefined) {
      throw refuse(host, path, "its auth is not the base64 text of user:password");
    }
    // Docker pads it to hide its length.
    return { userId, password: secret.replace(/\0+$/, "") };
  }
  if (typeof username !== "string" || typeof password !== "string" || username === "") return undefined;
  return { userId: username, password };
}

function refuse(host: string, path: string, reason: string): SupercargoError {
  return new SupercargoError(
    "SC_REGISTRY_CONFIG",
    `the credentials of registry ${host} cannot be had from ${path}: ${reason}`,
    { hint: "correct the file that containers.docker_config names", fields: { registry: host, file: path } },
  );
}
