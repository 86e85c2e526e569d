/** Images on the device: list, import, pull with progress, remove. */

import type { HandlersOf } from "../grpc/handlers.ts";
import type { Images, LocalImage, PullProgress } from "../images/images.ts";
import { answering } from "./answering.ts";
import {
  type PullImageResponse,
  PullImageResponse_Progress_Phase as PullPhase,
  type SupercargoDefinition,
} from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";
import { ownStatus } from "./status.ts";

const PULL_PHASES = {
  waiting: PullPhase.WAITING,
  fetching: PullPhase.FETCHING,
  unpacking: PullPhase.UNPACKING,
  done: PullPhase.DONE,
} as const;

function image(local: LocalImage) {
  return { name: local.name, digest: local.digest, sizeBytes: BigInt(local.sizeBytes) };
}

/** Progress messages while the pull runs, then the image. A slow reader gets the newest progress of each layer only. */
async function* pull(images: Images, name: string, signal: AbortSignal): AsyncIterable<PullImageResponse> {
  const newest = new Map<string, PullProgress>();
  let wake: () => void = () => {};
  const onProgress = (progress: PullProgress) => {
    newest.set(progress.layerDigest, progress);
    wake();
  };
  let isDone = false;
  const pulling = images.ensure(name, signal, { onProgress }).finally(() => {
    isDone = true;
    wake();
  });
  while (!isDone || newest.size > 0) {
    if (newest.size === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isDone || newest.size > 0) resolve();
      });
    }
    for (const [digest, progress] of newest) {
      newest.delete(digest);
      yield {
        progress: {
          layerDigest: digest,
          receivedBytes: BigInt(progress.receivedBytes),
          totalBytes: BigInt(progress.totalBytes),
          phase: PULL_PHASES[progress.phase],
        },
        image: undefined,
      };
    }
  }
  yield { progress: undefined, image: image(await pulling) };
}

type ImageMethod = "importImage" | "listImages" | "pullImage" | "removeImage";

export function imageHandlers({
  images,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, ImageMethod> {
  return {
    importImage: ({ path, name }, { signal }) =>
      answering(async () => {
        const imported = await images.importArchive(path, name === "" ? undefined : name, signal);
        return { images: imported.map(image) };
      }),
    listImages: (_request, { signal }) =>
      answering(async () => ({ images: (await images.list(signal)).map(image) })),
    pullImage: async function* ({ name }, { signal }) {
      try {
        yield* pull(images, name, signal);
      } catch (thrown) {
        throw ownStatus(thrown);
      }
    },
    removeImage: ({ name }, { signal }) =>
      answering(async () => {
        await images.remove(name, signal);
        return {};
      }),
  };
}
