/** The form of a folder's memory as text: versioned, and read with care, for it may come from another version of us. */

import { SupercargoError } from "../../errors/error.ts";
import type { DesiredContainer } from "../../model/container.ts";
import type { Fingerprint } from "../fingerprint.ts";
import type { PendingReplacement, RefusedVersion, Remembered } from "../wish.ts";

const VERSION = 1;
type Json = Readonly<Record<string, unknown>>;

export function formatMemory(folder: string, entries: ReadonlyMap<string, Remembered>): string {
  const content = { version: VERSION, folder, containers: Object.fromEntries(entries) };
  // JSON has no large integers: they are marked, and read back by their mark.
  const text = JSON.stringify(content, (_key, value) =>
    typeof value === "bigint" ? { $integer: value.toString() } : value,
  );
  return `${text}\n`;
}

/** Throws SC_STATE_UNREADABLE for a text that is no memory; entries that are none are left out. */
export function parseMemory(text: string): ReadonlyMap<string, Remembered> {
  let content: unknown;
  try {
    content = JSON.parse(text, (_key, value) =>
      isObject(value) && typeof value["$integer"] === "string" && /^-?\d+$/.test(value["$integer"])
        ? BigInt(value["$integer"])
        : value,
    );
  } catch (cause) {
    throw new SupercargoError("SC_STATE_UNREADABLE", "it is no JSON", { cause });
  }
  if (!isObject(content) || content["version"] !== VERSION || !isObject(content["containers"])) {
    throw new SupercargoError("SC_STATE_UNREADABLE", `it is no memory of version ${VERSION}`);
  }
  const entries = new Map<string, Remembered>();
  for (const [name, value] of Object.entries(content["containers"])) {
    const remembered = rememberedOf(value);
    if (remembered !== undefined) entries.set(name, remembered);
  }
  return entries;
}

function rememberedOf(value: unknown): Remembered | undefined {
  if (!isObject(value)) return undefined;
  const { source, modifiedNanos, containerId } = value;
  const fingerprint = fingerprintIn(value["fingerprint"]);
  if (typeof source !== "string" || typeof containerId !== "string") return undefined;
  if (typeof modifiedNanos !== "bigint" || fingerprint === undefined) return undefined;
  const refused = refusedOf(value["refused"]);
  const pending = pendingOf(value["pending"]);
  const leftovers = Array.isArray(value["leftovers"])
    ? value["leftovers"].filter((id): id is string => typeof id === "string")
    : [];
  return {
    source,
    fingerprint,
    modifiedNanos,
    containerId,
    ...(value["isAdopted"] === true ? { isAdopted: true } : {}),
    ...(refused === undefined ? {} : { refused }),
    ...(pending === undefined ? {} : { pending }),
    ...(leftovers.length === 0 ? {} : { leftovers }),
  };
}

function refusedOf(value: unknown): RefusedVersion | undefined {
  if (!isObject(value)) return undefined;
  const { modifiedNanos, reason } = value;
  const fingerprint = fingerprintIn(value["fingerprint"]);
  if (typeof modifiedNanos !== "bigint" || typeof reason !== "string" || fingerprint === undefined) {
    return undefined;
  }
  return { fingerprint, modifiedNanos, reason };
}

function pendingOf(value: unknown): PendingReplacement | undefined {
  if (!isObject(value)) return undefined;
  const { oldId, oldCreated, wasRunning, by, saved } = value;
  const fingerprint = fingerprintIn(value["fingerprint"]);
  if (typeof oldId !== "string" || typeof oldCreated !== "string" || typeof wasRunning !== "boolean") {
    return undefined;
  }
  if ((by !== "daemon" && by !== "us") || fingerprint === undefined) return undefined;
  const images = Array.isArray(value["earlierImages"])
    ? value["earlierImages"].filter((image): image is string => typeof image === "string")
    : undefined;
  const known = { fingerprint, oldId, oldCreated, wasRunning, by } as const;
  const madeOld = fingerprintIn(value["madeOld"]);
  const note = {
    ...known,
    ...(images === undefined ? {} : { earlierImages: images }),
    ...(madeOld === undefined ? {} : { madeOld }),
  };
  return isSavedContainer(saved) ? { ...note, saved } : note;
}

/** It is sent to the daemon, which checks it as it checks every request; here only that it is one at all. */
function isSavedContainer(value: unknown): value is DesiredContainer {
  return (
    isObject(value) &&
    typeof value["id"] === "string" &&
    typeof value["name"] === "string" &&
    isObject(value["image"]) &&
    isObject(value["hostConfig"]) &&
    isObject(value["ioConfig"]) &&
    Array.isArray(value["mounts"]) &&
    Array.isArray(value["hooks"])
  );
}

function fingerprintIn(value: unknown): Fingerprint | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
