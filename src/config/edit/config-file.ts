/**
 * The configuration file on the disk while it is edited: one editor at a time, and the file is the old or the new one, whatever
 * happens. Its link, owner and permissions stay; one that gains a password is for its owner alone from then on.
 */

import { chmodSync, chownSync, closeSync, openSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { delay, systemClock } from "../../base/clock.ts";
import { errorCode, isMissing } from "../../base/file-system.ts";
import { tryLock } from "../../base/libc.ts";
import { SupercargoError, toError } from "../../errors/error.ts";
import { contradictions } from "../possible-values.ts";
import { readConfigFile } from "../read-file.ts";
import { ConfigDocument, isObject } from "./document.ts";

const NEW_MODE = 0o644;
const SECRET_MODE = 0o600;
const LOCK_LIMIT_MS = 5_000;
const LOCK_LOOK_MS = 20;
const SECRET_KEYS: ReadonlySet<string> = new Set(["password", "client_password"]);

export interface OpenedConfig {
  /** As it was named. */
  readonly path: string;
  readonly document: ConfigDocument;
  /** As it was read; empty for one that is not there. */
  readonly content: Uint8Array;
  /** The file behind all links; undefined when it is not there. */
  readonly target: string | undefined;
}

/** Reads the file; one that is not there has no keys. Throws SC_CONFIG_INVALID, SC_IO. */
export function openConfig(path: string): OpenedConfig {
  try {
    const target = realpathSync(path);
    const content = readFileSync(target);
    return { path, target, content, document: new ConfigDocument(path, content) };
  } catch (thrown) {
    const content = Buffer.alloc(0);
    if (isMissing(thrown))
      return { path, target: undefined, content, document: new ConfigDocument(path, content) };
    if (errorCode(thrown) === undefined) throw thrown;
    throw new SupercargoError("SC_IO", `${path} cannot be read: ${toError(thrown).message}`, {
      cause: thrown,
    });
  }
}

/** Nobody else edits the folder's configuration meanwhile. Throws SC_ALREADY_RUNNING. */
export async function withEditLock<T>(path: string, signal: AbortSignal, edit: () => Promise<T>): Promise<T> {
  const folder = dirname(resolve(path));
  const descriptor = openSync(folder, "r");
  try {
    const endMs = systemClock.nowMs() + LOCK_LIMIT_MS;
    while (!tryLock(descriptor)) {
      if (systemClock.nowMs() >= endMs)
        throw new SupercargoError("SC_ALREADY_RUNNING", `somebody else edits ${path}`, {
          hint: "try again; nothing was changed",
        });
      await delay(systemClock, LOCK_LOOK_MS, signal);
    }
    return await edit();
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Refuses an edit after which the daemon would refuse the file for a reason that it did not have before. Answers what is still
 * wrong. Throws SC_CONFIG_INVALID.
 */
export function checkEdit({ path, document, content }: OpenedConfig): readonly string[] {
  const words = (bytes: Uint8Array) => {
    if (bytes.length === 0) return [];
    const { faults, values } = readConfigFile(bytes);
    return [...faults, ...contradictions(values)].map((fault) =>
      fault.path === "" ? fault.message : `${fault.path}: ${fault.message}`,
    );
  };
  const before = words(content);
  const after = words(Buffer.from(document.content, "utf8"));
  const fresh = after.filter((fault) => !before.includes(fault));
  if (fresh.length === 0) return after;
  throw new SupercargoError("SC_CONFIG_INVALID", `${path}: the daemon would refuse it: ${fresh.join("; ")}`, {
    hint: "nothing was changed",
  });
}

/** Puts the edited text in the file's place, with a copy of what was there before beside it. Throws the file call's error. */
export function writeConfig({ path, target, document, content }: OpenedConfig, backup: string): void {
  const place = target ?? resolve(path);
  const gains = secretsOf(document.plain()).some(
    (secret) => !secretsOf(plainOf(path, content)).includes(secret),
  );
  const stat = target === undefined ? undefined : statSync(target);
  const kept = (stat?.mode ?? NEW_MODE) & 0o7777;
  if (stat !== undefined) writeFileAtomic(backup, content, SECRET_MODE);
  const mode = gains ? SECRET_MODE : kept;
  writeFileAtomic(place, document.content, mode);
  const own = statSync(place);
  // The umask can have narrowed it.
  if ((own.mode & 0o7777) !== mode) chmodSync(place, mode);
  if (stat !== undefined && (own.uid !== stat.uid || own.gid !== stat.gid))
    chownSync(place, stat.uid, stat.gid);
}

function plainOf(path: string, content: Uint8Array): unknown {
  return new ConfigDocument(path, content).plain();
}

/** Every password in it. */
function secretsOf(value: unknown): readonly string[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    SECRET_KEYS.has(key.toLowerCase()) && typeof entry === "string" && entry !== ""
      ? [entry]
      : secretsOf(entry),
  );
}

/** A copy in which nobody can read a password. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value) || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      SECRET_KEYS.has(key.toLowerCase()) && typeof entry === "string" && entry !== ""
        ? "***"
        : withoutSecrets(entry),
    ]),
  );
}
