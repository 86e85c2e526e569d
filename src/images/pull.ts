/**
 * One pull: resolve, check the space, fetch layers side by side and unpack each as soon as it and those below are there,
 * then documents and name. When one part fails the others are ended, and nothing runs any more when the pull rejects.
 */

import { delay } from "../base/clock.ts";
import { Limiter } from "../base/limiter.ts";
import type { Log } from "../base/log.ts";
import { retry } from "../base/retry.ts";
import type { ContentLease, Descriptor, Platform } from "../engine/content.ts";
import { hasCode } from "../errors/error.ts";
import type { DecryptConfig } from "../model/container.ts";
import type { RegistryClient } from "../registry/client.ts";
import { parseReference } from "../registry/reference.ts";
import type { Repository } from "../registry/repository.ts";
import type { BlobSource } from "./blob-transfer.ts";
import { retryAfterOf } from "./blob-transfer.ts";
import type { DiskGuard, Need, Reservation } from "./disk-guard.ts";
import { ImageBuilder, type Workshop } from "./image-builder.ts";
import type { PullProgress } from "./images.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { invalid } from "./manifest.ts";
import { isCompressed, isEncrypted } from "./media-types.ts";
import { type DocumentSource, type ResolvedImage, resolveImage } from "./resolved-image.ts";
import type { ImageVerifier } from "./verifier.ts";

export interface PullTools {
  readonly shop: Workshop;
  readonly registry: RegistryClient;
  readonly platform: Platform;
  readonly guard: DiskGuard;
  readonly log: Log;
  readonly verify?: ImageVerifier | undefined;
}

export type Tell = (progress: PullProgress) => void;

/** An image that was found in a registry and is not fetched yet. */
export interface Found {
  readonly repository: Repository;
  readonly image: ResolvedImage;
}

/** What the name stands for in its registry now: one small question. */
export async function openRepository(
  name: string,
  tools: PullTools,
  signal: AbortSignal,
): Promise<Repository> {
  const reference = parseReference(name);
  return await patiently(tools, signal, () => tools.registry.open(reference, signal));
}

/** Reads manifest and configuration: nothing is stored yet. */
export async function readFromRegistry(
  name: string,
  repository: Repository,
  tools: PullTools,
  signal: AbortSignal,
): Promise<Found> {
  const source: DocumentSource = {
    origin: `registry ${repository.host}`,
    manifest: (digest) => patiently(tools, signal, () => repository.manifest(digest, signal)),
    config: (descriptor) => patiently(tools, signal, () => readConfig(name, repository, descriptor, signal)),
  };
  const image = await resolveImage(name, repository.digest, tools.platform, source, signal);
  return { repository, image };
}

/** Fetches, unpacks and names what was found. `onStored` hears of bytes of layers as the store has them, those of earlier tries included. */
export async function fetchImage(
  found: Found,
  lease: ContentLease,
  tools: PullTools,
  signal: AbortSignal,
  tell: Tell,
  onStored: (bytes: number) => void,
  keys?: DecryptConfig,
): Promise<void> {
  const { image } = found;
  const { name } = image;
  const reserved = await tools.guard.reserve(name, await needOf([image], tools, signal), signal);
  try {
    await tools.guard.watch(name, signal, (watched) =>
      bringIn(found, lease, tools, reserved, watched, tell, onStored, keys),
    );
  } finally {
    reserved.release();
  }
}

async function bringIn(
  { image, repository }: Found,
  lease: ContentLease,
  tools: PullTools,
  reserved: Reservation,
  signal: AbortSignal,
  tell: Tell,
  onStored: (bytes: number) => void,
  keys: DecryptConfig | undefined,
): Promise<void> {
  const { name, chain } = image;
  const builder = new ImageBuilder(tools.shop, image, lease, sourceLabels(repository), keys);
  const source = registrySource(repository);
  await together(signal, (working) => {
    const slots = new Limiter(IMAGE_LIMITS.layersAtOnce);
    const { layers } = image.manifest;
    const tellLayer = (layer: Descriptor, phase: PullProgress["phase"], receivedBytes: number) =>
      tell({ image: name, layerDigest: layer.digest, receivedBytes, totalBytes: layer.size, phase });
    const arrivals = layers.map((layer, at) => {
      tellLayer(layer, "waiting", 0);
      let last = 0;
      const onBytes = (stored: number) => {
        onStored(stored - last);
        last = stored;
        reserved.arrived(layer.digest, stored);
        tellLayer(layer, "fetching", stored);
      };
      return slots.run(() => builder.storeLayer(at, layer, source, working, onBytes), working);
    });
    const unpacking = (async () => {
      for (const [at, layer] of layers.entries()) {
        await arrivals[at];
        tellLayer(layer, "unpacking", layer.size);
        await builder.unpackLayer(at, layer, working);
        reserved.unpacked(chain[at] ?? "");
        tellLayer(layer, "done", layer.size);
      }
    })();
    return [...arrivals, unpacking];
  });
  await builder.storeDocuments(signal);
  await builder.nameImage(signal);
}

/** Runs the parts that `begin` starts; the first failure ends the others and is thrown when all have ended. */
async function together(
  signal: AbortSignal,
  begin: (signal: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const failed = new AbortController();
  const parts = begin(AbortSignal.any([signal, failed.signal]));
  await Promise.allSettled(
    parts.map((part) =>
      part.catch((thrown: unknown) => {
        // Only the first reason counts: what follows is its consequence.
        failed.abort(thrown);
      }),
    ),
  );
  signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** A few tries with growing pauses; a registry that was silent for the whole limit is not asked again. */
function patiently<T>(tools: PullTools, signal: AbortSignal, job: () => Promise<T>): Promise<T> {
  let asked = 0;
  return retry(
    async () => {
      if (asked > 0) await delay(tools.shop.clock, asked, signal);
      return job();
    },
    {
      clock: tools.shop.clock,
      signal,
      attempts: IMAGE_LIMITS.resolveAttempts,
      firstMs: IMAGE_LIMITS.firstPauseMs,
      capMs: IMAGE_LIMITS.longestPauseMs,
      jitter: 0.3,
      shouldRetry: (thrown) => hasCode(thrown, "SC_REGISTRY_UNAVAILABLE"),
      onRetry: (thrown, attempt, pauseMs) => {
        asked = Math.max(0, retryAfterOf(thrown) - pauseMs);
        tools.log.debug("registry is asked again", { attempt, pauseMs: Math.round(pauseMs + asked) });
      },
    },
  );
}

async function readConfig(
  name: string,
  repository: Repository,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const stream = await repository.blob(descriptor.digest, descriptor.size, 0, signal);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream.chunks) {
    size += chunk.length;
    if (size > descriptor.size) {
      throw invalid(
        name,
        `registry ${repository.host}`,
        `its configuration is longer than its ${descriptor.size} bytes`,
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

function registrySource(repository: Repository): BlobSource {
  return {
    origin: `registry ${repository.host}`,
    isLine: true,
    open: (descriptor, offset, signal) => repository.blob(descriptor.digest, descriptor.size, offset, signal),
    isElsewhere: (descriptor, signal) => repository.isElsewhere(descriptor.digest, signal),
  };
}

function sourceLabels(repository: Repository): Readonly<Record<string, string>> {
  const { host, repository: path } = repository.reference;
  return { [`containerd.io/distribution.source.${host}`]: path };
}

/** What has to be fetched, and what layers that are not unpacked yet are expected to take. */
export async function needOf(
  images: readonly ResolvedImage[],
  tools: PullTools,
  signal: AbortSignal,
): Promise<Need> {
  const { content } = tools.shop;
  const blobs = new Map<string, number>();
  const unpacked = new Map<string, number>();
  for (const { manifest, chain } of images) {
    for (const [at, layer] of manifest.layers.entries()) {
      const chainId = chain[at] ?? "";
      if (!(await content.has(layer.digest, signal))) blobs.set(layer.digest, layer.size);
      if (await content.hasSnapshot(chainId, signal)) continue;
      // Opened it lies beside itself for a while.
      if (isEncrypted(layer.mediaType)) blobs.set(`${layer.digest} opened`, layer.size);
      const factor = isCompressed(layer.mediaType) ? IMAGE_LIMITS.unpackFactor : 1;
      unpacked.set(chainId, Math.ceil(layer.size * factor));
    }
  }
  return { content: blobs, layers: unpacked };
}
