/** set-value, add-entry, remove-entry, get, unset, show-config. */

import { DEFAULT_CONFIG } from "../../config/daemon-config.ts";
import { openConfig, withoutSecrets } from "../../config/edit/config-file.ts";
import type { KeyPath } from "../../config/edit/document.ts";
import { knownNames, readKeyPath, spelledIn } from "../../config/edit/key-path.ts";
import { typedValue } from "../../config/edit/typed-value.ts";
import { keyAt } from "../../config/keys.ts";
import { unknownKeyWords } from "../../config/registries.ts";
import { SupercargoError } from "../../errors/error.ts";
import { type Applying, warnOfOverlay } from "./apply.ts";
import { edit } from "./registry-commands.ts";
import { readKey, readKeyAndValue, readNothing } from "./words.ts";

export async function setValue(
  command: string,
  words: readonly string[],
  applying: Applying,
): Promise<number> {
  const [key, text] = readKeyAndValue(command, words);
  const path = readKeyPath(key);
  const typed = typedValue(path, text);
  applying.terminal.out(`Setting configuration ${key} to ${isSecret(path) ? "***" : text}\n`);
  warnOfUnknown(path, applying);
  const change = ({ document }: ReturnType<typeof openConfig>) =>
    typed.kind === "leaf"
      ? document.set(spelledIn(document, path), typed.value)
      : document.setAll(path, typed.value);
  return await edit(applying, change, []);
}

export async function addEntry(words: readonly string[], applying: Applying): Promise<number> {
  const [key, text] = readKeyAndValue("add-entry", words);
  const path = listPath(key);
  applying.terminal.out(`Adding ${text} to configuration ${key}\n`);
  warnOfUnknown(path, applying);
  const isDefaultGone =
    path.join(".") === "containers.insecure_registries" &&
    openConfig(applying.place.path).document.get(path) === undefined;
  if (isDefaultGone) {
    const usual = DEFAULT_CONFIG.containers.insecureRegistries.join(", ");
    applying.terminal.err(`note: the list of the file takes the place of the default, which is: ${usual}\n`);
  }
  return await edit(applying, ({ document }) => document.append(path, text), []);
}

export async function removeEntry(words: readonly string[], applying: Applying): Promise<number> {
  const [key, text] = readKeyAndValue("remove-entry", words);
  const path = listPath(key);
  applying.terminal.out(`Removing ${text} from configuration ${key}\n`);
  return await edit(applying, ({ document }) => document.removeItems(path, text), []);
}

export async function unset(words: readonly string[], applying: Applying): Promise<number> {
  const key = readKey("unset", words);
  const path = readKeyPath(key);
  applying.terminal.out(`Removing configuration ${key}\n`);
  return await edit(applying, ({ document }) => document.remove(spelledIn(document, path)), []);
}

/** What the file says; texts bare, everything else as JSON. Exit code 1 when it says nothing. */
export async function getValue(
  words: readonly string[],
  { place, terminal, options }: Applying,
): Promise<number> {
  const key = readKey("get", words);
  const path = readKeyPath(key);
  const { document } = openConfig(place.path);
  const value = document.get(spelledIn(document, path));
  if (value === undefined) {
    terminal.err(`${key} is not set in ${place.path}\n`);
    return 1;
  }
  const shown = options.showsSecrets ? value : isSecret(path) ? "***" : withoutSecrets(value);
  terminal.out(`${typeof shown === "string" ? shown : JSON.stringify(shown, undefined, 2)}\n`);
  return 0;
}

export async function showConfig(
  words: readonly string[],
  { place, terminal, options }: Applying,
): Promise<number> {
  readNothing("show-config", words);
  const { document, target } = openConfig(place.path);
  if (target === undefined) terminal.err(`${place.path} does not exist; the daemon uses its defaults\n`);
  const value = document.plain();
  terminal.out(`${JSON.stringify(options.showsSecrets ? value : withoutSecrets(value), undefined, 2)}\n`);
  return 0;
}

/** A key that takes no list is refused before anything is said. */
function listPath(key: string): KeyPath {
  const path = readKeyPath(key);
  const known = keyAt(path.join("."));
  if (known === undefined || known.kind === "texts") return path;
  throw new SupercargoError("SC_CONFIG_INVALID", `${key} is no list`, {
    hint: "set-value sets it; nothing was changed",
  });
}

function isSecret(path: KeyPath): boolean {
  return ["password", "client_password"].includes(path.at(-1) ?? "");
}

function warnOfUnknown(path: KeyPath, { terminal, place }: Applying): void {
  const known = knownNames(path);
  if (known !== undefined)
    terminal.err(`warning: ${path.join(".")}: ${unknownKeyWords(path.at(-1) ?? "", known)}\n`);
  warnOfOverlay(path, { terminal, place });
}
