/** add-registry, login, remove-registry, remove-all-registries, list-registries. */

import { createLog, isEnabled } from "../../base/log.ts";
import { type OpenedConfig, openConfig, withoutSecrets } from "../../config/edit/config-file.ts";
import { isObject, type KeyPath } from "../../config/edit/document.ts";
import { REGISTRIES } from "../../config/edit/key-path.ts";
import { loadConfig } from "../../config/load.ts";
import { SupercargoError } from "../../errors/error.ts";
import { tryLogin } from "../../registry/login.ts";
import { type RegistrySettings, registrySettings } from "../../registry/settings.ts";
import { type Applying, applyEdit, putIntoForce, warnOfOverlay } from "./apply.ts";
import { askPassword, readPassword } from "./password.ts";
import {
  ADD_WORDS,
  LOGIN_WORDS,
  missingForAdd,
  missingForRemove,
  REMOVE_WORDS,
  type RegistryWords,
  readNothing,
  readRegistryWords,
} from "./words.ts";

type Credentials =
  | { readonly user_id: string; readonly password: string }
  | { readonly user_id: string; readonly password_file: string };

export async function addRegistry(words: readonly string[], applying: Applying): Promise<number> {
  const read = readRegistryWords("add-registry", words, ADD_WORDS);
  const credentials = await credentialsOf("add-registry", read, applying);
  return await storeCredentials(read.host, credentials, applying);
}

/** As add-registry, after the registry has taken the credentials; with --check nothing is stored. */
export async function login(words: readonly string[], applying: Applying): Promise<number> {
  const read = readRegistryWords("login", words, LOGIN_WORDS);
  const isGiven =
    read.user !== "" || read.password !== "" || read.passwordFile !== "" || read.passwordFromInput;
  if (read.host === "" || (!isGiven && !read.check)) throw missingForAdd("login");
  const credentials = isGiven ? await credentialsOf("login", read, applying) : undefined;
  const { terminal, place, signal } = applying;
  const log = createLog("login", ({ level, message }) => {
    if (isEnabled(level, "WARN")) terminal.err(`warning: ${message}\n`);
  });
  const settings = registrySettings(loadConfig(place.path, new Map()).config.containers);
  const outcome = await tryLogin(read.host, withCredentials(settings, read.host, credentials), log, signal);
  terminal.out(
    outcome === "taken"
      ? `Registry ${read.host} takes the credentials.\n`
      : `Registry ${read.host} answers and asks for no credentials, so they were not tried.\n`,
  );
  return credentials === undefined || read.check
    ? 0
    : await storeCredentials(read.host, credentials, applying);
}

export async function removeRegistry(words: readonly string[], applying: Applying): Promise<number> {
  const { host } = readRegistryWords("remove-registry", words, REMOVE_WORDS);
  if (host === "") throw missingForRemove();
  applying.terminal.out(`Removing container registry ${host}\n`);
  warnOfOverlay([...REGISTRIES, host], applying);
  return await edit(applying, ({ document }) => document.remove([...REGISTRIES, host]), REGISTRIES);
}

export async function removeAllRegistries(words: readonly string[], applying: Applying): Promise<number> {
  readNothing("remove-all-registries", words);
  applying.terminal.out("Removing all configured container registries\n");
  warnOfOverlay(REGISTRIES, applying);
  return await edit(applying, ({ document }) => document.remove(REGISTRIES), []);
}

export async function listRegistries(
  words: readonly string[],
  { place, terminal }: Applying,
): Promise<number> {
  readNothing("list-registries", words);
  const registries = openConfig(place.path).document.get(REGISTRIES);
  const laidOver =
    place.overlay === undefined ? undefined : openConfig(place.overlay).document.get(REGISTRIES);
  const hosts = [
    ...new Set([registries, laidOver].flatMap((all) => (isObject(all) ? Object.keys(all) : []))),
  ].sort();
  terminal.out(hosts.map((host) => `${JSON.stringify(host)}\n`).join(""));
  return 0;
}

/** Edits, puts it into force and shows what stands at `shown` afterwards. Answers the exit code. */
export async function edit(
  applying: Applying,
  change: (config: OpenedConfig) => void,
  shown: KeyPath,
): Promise<number> {
  const { terminal, options } = applying;
  const { outcome, config } = await applyEdit(applying, change);
  const value = shown.length === 0 ? config.document.plain() : (config.document.get(shown) ?? null);
  terminal.out(`${JSON.stringify(options.showsSecrets ? value : withoutSecrets(value), undefined, 2)}\n`);
  if (outcome === "unwritable") return 1;
  return outcome === "same" || (await putIntoForce(applying)) ? 0 : 1;
}

async function storeCredentials(host: string, credentials: Credentials, applying: Applying): Promise<number> {
  applying.terminal.out(`Adding container registry ${host}\n`);
  warnOfOverlay([...REGISTRIES, host], applying);
  const path = [...REGISTRIES, host, "credentials"];
  return await edit(applying, ({ document }) => document.setAll(path, credentials), [...REGISTRIES, host]);
}

async function credentialsOf(
  command: string,
  { host, user, password, passwordFile, passwordFromInput }: RegistryWords,
  { terminal }: Applying,
): Promise<Credentials> {
  if (host === "" || user === "") throw missingForAdd(command);
  if (/[\s/]/.test(host)) {
    throw new SupercargoError("SC_CONFIG_INVALID", `${JSON.stringify(host)} is no host of a registry`, {
      hint: "it is what stands before the first / of image names, such as ghcr.io or reg.example.org:5000",
    });
  }
  if (passwordFile !== "") return { user_id: user, password_file: passwordFile };
  if (password !== "") return { user_id: user, password };
  const isAsked = !passwordFromInput && terminal.isTerminal("stdin");
  if (!isAsked && !passwordFromInput) throw missingForAdd(command);
  const read = isAsked
    ? await askPassword(terminal, `Password of ${user} at ${host}: `)
    : await readPassword(terminal);
  if (read === "")
    throw new SupercargoError("SC_CONFIG_INVALID", "the password is empty", { hint: "nothing was changed" });
  return { user_id: user, password: read };
}

function withCredentials(
  settings: RegistrySettings,
  host: string,
  given: Credentials | undefined,
): RegistrySettings {
  if (given === undefined) return settings;
  const credentials =
    "password" in given
      ? { userId: given.user_id, password: given.password }
      : { userId: given.user_id, password: "", passwordFile: given.password_file };
  return {
    ...settings,
    entries: new Map([...settings.entries, [host, { ...settings.entries.get(host), credentials }]]),
  };
}
