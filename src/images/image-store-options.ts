/** What the image store is made of, and which of it can be left out. */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Content, Platform } from "../engine/content.ts";
import type { DecryptConfig } from "../model/container.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { ImageDecrypter } from "./decrypter.ts";
import type { SpaceProbe } from "./disk-space.ts";
import type { LastUse } from "./last-use.ts";
import type { ImageVerifier } from "./verifier.ts";

export interface ImageStoreOptions {
  readonly content: Content;
  readonly registry: RegistryClient;
  readonly log: Log;
  readonly clock?: Clock;
  /** Default: this machine's. */
  readonly platform?: Platform;
  /** Free space where the engine keeps content and layers, for the disk guard. Absent: no guard. */
  readonly diskSpace?: SpaceProbe;
  /** Checks signatures before anything is fetched. Absent: none are asked for. */
  readonly verify?: ImageVerifier;
  /** Opens encrypted layers. Absent: no encrypted image can be used. */
  readonly decrypter?: ImageDecrypter;
  /** The daemon's own keys. */
  readonly keys?: () => DecryptConfig;
  readonly reserveBytes?: number;
  /** Where exports under way are noted, for the start after a kill; undefined: nowhere. */
  readonly exportsFile?: string;
  /** What is known of the use of images; default: in memory. */
  readonly lastUse?: LastUse;
  /** Counted uptime after which an image that nobody needs is removed; undefined: never. */
  readonly expiryMs?: number | undefined;
  /** containerd's name of the snapshotter in use. */
  readonly snapshotter?: string;
}
