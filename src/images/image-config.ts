/** An image's configuration: what a container takes over and the diff ids of its layers. Hostile input. */

import type { Platform } from "../engine/content.ts";
import { isDigest } from "../registry/reference.ts";
import type { ImageConfig } from "./images.ts";
import { isObject, type JsonObject, parseObject, textOf } from "./json-checks.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { invalid } from "./manifest.ts";

export interface ParsedConfig {
  readonly config: ImageConfig;
  /** Digests of the unpacked layers, bottom first. */
  readonly diffIds: readonly string[];
  /** undefined when the configuration names none. */
  readonly platform: Platform | undefined;
}

/** Checks and bounds every value. Throws SC_IMAGE_INVALID that names the key. */
export function parseImageConfig(
  bytes: Uint8Array,
  layerCount: number,
  image: string,
  origin: string,
): ParsedConfig {
  const fail = (reason: string) => invalid(image, origin, reason);
  if (bytes.length > IMAGE_LIMITS.configBytes) {
    throw fail(`its configuration is larger than ${IMAGE_LIMITS.configBytes} bytes`);
  }
  const document = parseObject(bytes);
  if (document === undefined) throw fail("its configuration is not a JSON object");
  const rootfs = document["rootfs"];
  const diffIds = isObject(rootfs) ? rootfs["diff_ids"] : undefined;
  if (!Array.isArray(diffIds)) throw fail("its configuration has no rootfs.diff_ids");
  if (diffIds.length !== layerCount) {
    throw fail(`its configuration has ${diffIds.length} diff ids for ${layerCount} layers`);
  }
  const checked = diffIds.map((id: unknown, at) => {
    if (typeof id !== "string" || !isDigest(id)) throw fail(`rootfs.diff_ids[${at}] is no sha256 digest`);
    return id;
  });
  return { config: parseProcess(document, fail), diffIds: checked, platform: platformOf(document) };
}

function parseProcess(document: JsonObject, fail: (reason: string) => Error): ImageConfig {
  const given = document["config"];
  const config = isObject(given) ? given : {};
  if (given !== undefined && given !== null && !isObject(given)) throw fail("config is no object");
  const list = (key: string): readonly string[] => {
    const value = config[key];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw fail(`config.${key} is no list`);
    if (value.length > IMAGE_LIMITS.configListEntries) {
      throw fail(`config.${key} has ${value.length} entries, more than ${IMAGE_LIMITS.configListEntries}`);
    }
    return value.map((entry: unknown, at) => checkText(entry, `config.${key}[${at}]`, fail));
  };
  const text = (key: string): string => {
    const value = config[key];
    return value === undefined || value === null ? "" : checkText(value, `config.${key}`, fail);
  };
  return {
    env: list("Env"),
    entrypoint: list("Entrypoint"),
    cmd: list("Cmd"),
    workingDir: text("WorkingDir"),
    user: text("User"),
    stopSignal: text("StopSignal"),
  };
}

function checkText(value: unknown, key: string, fail: (reason: string) => Error): string {
  if (typeof value !== "string") throw fail(`${key} is no text`);
  if (value.length > IMAGE_LIMITS.configTextChars) {
    throw fail(`${key} has ${value.length} characters, more than ${IMAGE_LIMITS.configTextChars}`);
  }
  if (value.includes("\0")) throw fail(`${key} has a NUL character`);
  return value;
}

function platformOf(document: JsonObject): Platform | undefined {
  const architecture = textOf(document["architecture"]);
  if (architecture === "") return undefined;
  const variant = textOf(document["variant"]);
  const os = textOf(document["os"]);
  return { architecture, os: os === "" ? "linux" : os, ...(variant === "" ? {} : { variant }) };
}
