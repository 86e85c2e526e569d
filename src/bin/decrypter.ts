/** Opens encrypted images; its parts are loaded when the first one comes. */

import { rmSync } from "node:fs";
import type { ImageDecrypter } from "../images/decrypter.ts";

/** @param folder for layers that are being opened; a killed daemon leaves some in it, which go now */
export function makeDecrypter(folder: string): ImageDecrypter {
  rmSync(folder, { recursive: true, force: true });
  let loaded: Promise<ImageDecrypter> | undefined;
  const load = async (): Promise<ImageDecrypter> => {
    const { SkopeoDecrypter } = await import("../trust/skopeo-decrypter.ts");
    return new SkopeoDecrypter(folder);
  };
  const decrypter = () => {
    loaded ??= load();
    return loaded;
  };
  return {
    fingerprint: async (keys, image) => await (await decrypter()).fingerprint(keys, image),
    open: async (layer, keys, signal, use) => await (await decrypter()).open(layer, keys, signal, use),
  };
}
