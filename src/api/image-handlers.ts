/** Images on the device: list, import, export, pull with progress, remove, prune. */

import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { Images, LocalImage, PullProgress, StoredImage } from "../images/images.ts";
import { answering } from "./answering.ts";
import {
  type Image,
  PullPolicy as Policy,
  type PullImageResponse,
  PullImageResponse_Progress_Phase as PullPhase,
} from "./gen/supercargo/v1/images.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";
import { ownStatus } from "./status.ts";

const PULL_PHASES = {
  waiting: PullPhase.WAITING,
  fetching: PullPhase.FETCHING,
  unpacking: PullPhase.UNPACKING,
  done: PullPhase.DONE,
} as const;

const POLICIES = {
  [Policy.PULL_POLICY_MISSING]: "missing",
  [Policy.PULL_POLICY_NEWER]: "newer",
  [Policy.PULL_POLICY_ALWAYS]: "always",
} as const;

function image({ name, digest, sizeBytes }: LocalImage): Image {
  return { name, digest, sizeBytes: BigInt(sizeBytes), neededBy: "", unusedMs: 0n, usable: true };
}

function storedImage(stored: StoredImage): Image {
  return {
    name: stored.name,
    digest: stored.digest,
    sizeBytes: BigInt(stored.sizeBytes),
    neededBy: stored.neededBy ?? "",
    unusedMs: BigInt(Math.round(stored.unusedMs)),
    usable: stored.isUsable,
  };
}

function policyOf(policy: Policy) {
  const known: (typeof POLICIES)[Policy] | undefined = POLICIES[policy];
  if (known !== undefined) return known;
  throw new SupercargoError("SC_UNSUPPORTED", `there is no pull policy number ${policy}`);
}

/** Progress messages while the pull runs, then the image. A slow reader gets the newest progress of each layer only. */
async function* pull(
  images: Images,
  name: string,
  policy: Policy,
  signal: AbortSignal,
): AsyncIterable<PullImageResponse> {
  const newest = new Map<string, PullProgress>();
  let wake: () => void = () => {};
  const onProgress = (progress: PullProgress) => {
    newest.set(progress.layerDigest, progress);
    wake();
  };
  let isDone = false;
  const pulling = images.ensure(name, signal, { onProgress, policy: policyOf(policy) }).finally(() => {
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

type ImageMethod = "importImage" | "exportImage" | "listImages" | "pullImage" | "removeImage" | "pruneImages";

/** What takes images away waits for the restore: before it nobody knows which are needed. */
export function imageHandlers({
  images,
  whenReady,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, ImageMethod> {
  return {
    importImage: ({ path, name }, { signal }) =>
      answering(async () => {
        const imported = await images.importArchive(path, name === "" ? undefined : name, signal);
        return { images: imported.map(image) };
      }),
    listImages: (_request, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        return { images: (await images.inventory(signal)).map(storedImage) };
      }),
    pullImage: async function* ({ name, policy }, { signal }) {
      try {
        yield* pull(images, name, policy, signal);
      } catch (thrown) {
        throw ownStatus(thrown);
      }
    },
    exportImage: ({ name, path }, { signal }) =>
      answering(async () => ({ sizeBytes: BigInt(await images.exportArchive(name, path, signal)) })),
    removeImage: ({ name, force }, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        const { freedBytes } = await images.remove(name, signal, force);
        return { freedBytes: BigInt(freedBytes) };
      }),
    pruneImages: ({ unusedForMs, dryRun }, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        const options = { unusedForMs: Number(unusedForMs), isDryRun: dryRun, reason: "asked for" };
        const { names, freedBytes } = await images.prune(options, signal);
        return { names: [...names], freedBytes: BigInt(freedBytes) };
      }),
  };
}
