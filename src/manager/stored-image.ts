/**
 * What a container keeps of the image that its snapshot was made from: a tag can move or expire, the snapshot stays, and a
 * start needs the command and environment that belong to it.
 */

import type { ImageConfig, LocalImage } from "../images/images.ts";
import type { Additions } from "../store/store.ts";
import { withValue } from "./entry.ts";

export interface StoredImage {
  readonly digest: string;
  readonly chainId: string;
  readonly config: ImageConfig;
  /** Its keys are asked for at each start. */
  readonly isEncrypted?: true;
}

const KEY = "image";

export function rememberImage(additions: Additions, image: LocalImage): Additions {
  const { digest, chainId, config, isEncrypted } = image;
  const stored: StoredImage = { digest, chainId, config, ...(isEncrypted && { isEncrypted }) };
  return withValue(additions, KEY, { ...stored });
}

/** undefined for a container that Kanto made, or when what is stored is not understood. */
export function storedImage(additions: Additions): StoredImage | undefined {
  const value = additions.values[KEY];
  if (!isRecord(value) || !isRecord(value["config"])) return undefined;
  const { digest, chainId, config } = value;
  const { env, entrypoint, cmd, workingDir, user, stopSignal } = config;
  if (typeof digest !== "string" || typeof chainId !== "string") return undefined;
  if (!isTextList(env) || !isTextList(entrypoint) || !isTextList(cmd)) return undefined;
  if (typeof workingDir !== "string" || typeof user !== "string" || typeof stopSignal !== "string") {
    return undefined;
  }
  const isEncrypted = value["isEncrypted"] === true ? ({ isEncrypted: true } as const) : {};
  return { digest, chainId, ...isEncrypted, config: { env, entrypoint, cmd, workingDir, user, stopSignal } };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === "string");
}
