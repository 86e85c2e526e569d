/**
 * Who we are at a registry: its entry says it (password, file, environment or helper), else docker's config.json when one is
 * named. Looked up at each opening of a repository, so that what changes there needs no restart. Secrets are in no message.
 */

import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { askHelper } from "./credential-helper.ts";
import { findInDockerConfig } from "./docker-config.ts";
import { readPasswordFile } from "./password-file.ts";
import type { Credentials, RegistrySettings } from "./settings.ts";

/** Credentials with their secret in place; undefined = none. Throws SC_REGISTRY_CONFIG, SC_REGISTRY_UNAVAILABLE (helper). */
export async function credentialsOf(
  host: string,
  settings: RegistrySettings,
  log: Log,
): Promise<Credentials | undefined> {
  const given = settings.entries.get(host)?.credentials;
  if (given !== undefined) return await withSecret(host, given, log);
  const path = settings.dockerConfig ?? "";
  if (path === "") return undefined;
  const found = await findInDockerConfig(host, path, log);
  if (found === undefined) return undefined;
  return found.kind === "helper" ? await askHelper(host, found.helper, found.server) : found.credentials;
}

async function withSecret(host: string, given: Credentials, log: Log): Promise<Credentials | undefined> {
  const { userId, password, passwordFile = "", passwordEnv = "", helper = "" } = given;
  const sources = { password, password_file: passwordFile, password_env: passwordEnv, helper };
  const named = Object.entries(sources).filter(([, text]) => text !== "");
  if (named.length > 1) {
    throw refuse(host, `${named.map(([key]) => key).join(" and ")} are both given`);
  }
  if (passwordFile !== "") return { userId, password: await readPasswordFile(host, passwordFile, log) };
  if (passwordEnv !== "") return { userId, password: fromEnvironment(host, passwordEnv) };
  return helper === "" ? given : await askHelper(host, helper, host);
}

function fromEnvironment(host: string, name: string): string {
  const value = process.env[name] ?? "";
  if (value === "") throw refuse(host, `the daemon's environment has no ${name} (password_env)`);
  return value;
}

function refuse(host: string, reason: string): SupercargoError {
  return new SupercargoError(
    "SC_REGISTRY_CONFIG",
    `the credentials of registry ${host} are wrong: ${reason}`,
    {
      hint: `correct containers.registry_configurations["${host}"].credentials`,
      fields: { registry: host },
    },
  );
}
