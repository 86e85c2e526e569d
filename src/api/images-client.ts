/** The client's half of the image operations of our extension service; only our daemon answers them. */

import type { RequestOf, UnaryMethodOf } from "../grpc/method.ts";
import type { PruneOptions, PullProgress, Removal, StoredImage } from "../images/images.ts";
import type { PullPolicy } from "../model/extras.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import {
  type Image,
  PullImageResponse_Progress_Phase as Phase,
  PullPolicy as Policy,
  type PullImageResponse_Progress,
} from "./gen/supercargo/v1/images.ts";
import { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";

const POLICIES = {
  missing: Policy.PULL_POLICY_MISSING,
  newer: Policy.PULL_POLICY_NEWER,
  always: Policy.PULL_POLICY_ALWAYS,
} as const;

const PHASES: Readonly<Record<number, PullProgress["phase"]>> = {
  [Phase.WAITING]: "waiting",
  [Phase.FETCHING]: "fetching",
  [Phase.UNPACKING]: "unpacking",
  [Phase.DONE]: "done",
};

/** No call has a limit but its signal: pulls and exports take as long as they take. */
export class ImagesClient {
  constructor(private readonly connection: DaemonConnection) {}

  async list(signal: AbortSignal): Promise<readonly StoredImage[]> {
    const { images } = await this.#call("listImages", {}, signal);
    return images.map(toStored);
  }

  /** Answers the image that the name stands for afterwards. */
  async pull(
    name: string,
    policy: PullPolicy,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<StoredImage | undefined> {
    const news = this.connection.stream(
      (client, options) =>
        client.serverStream(SupercargoDefinition, "pullImage", { name, policy: POLICIES[policy] }, options),
      { signal },
    );
    let pulled: StoredImage | undefined;
    for await (const { progress, image } of news) {
      if (progress !== undefined) onProgress(toProgress(name, progress));
      if (image !== undefined) pulled = toStored(image);
    }
    return pulled;
  }

  /** @param path on the device. */
  async importArchive(path: string, name: string, signal: AbortSignal): Promise<readonly StoredImage[]> {
    const { images } = await this.#call("importImage", { path, name }, signal);
    return images.map(toStored);
  }

  /** @param path on the device. Answers the archive's size. */
  async exportArchive(name: string, path: string, signal: AbortSignal): Promise<number> {
    return Number((await this.#call("exportImage", { name, path }, signal)).sizeBytes);
  }

  async remove(name: string, isForced: boolean, signal: AbortSignal): Promise<Removal> {
    const { freedBytes } = await this.#call("removeImage", { name, force: isForced }, signal);
    return { names: [name], freedBytes: Number(freedBytes) };
  }

  async prune(options: Omit<PruneOptions, "reason">, signal: AbortSignal): Promise<Removal> {
    const request = { unusedForMs: BigInt(Math.round(options.unusedForMs)), dryRun: options.isDryRun };
    const { names, freedBytes } = await this.#call("pruneImages", request, signal);
    return { names, freedBytes: Number(freedBytes) };
  }

  #call<M extends UnaryMethodOf<typeof SupercargoDefinition>>(
    method: M,
    request: RequestOf<(typeof SupercargoDefinition)["methods"][M]>,
    signal: AbortSignal,
  ) {
    return this.connection.call(
      (client, options) => client.unary(SupercargoDefinition, method, request, options),
      { signal },
    );
  }
}

function toStored(image: Image): StoredImage {
  return {
    name: image.name,
    digest: image.digest,
    sizeBytes: Number(image.sizeBytes),
    isUsable: image.usable,
    neededBy: image.neededBy === "" ? undefined : image.neededBy,
    unusedMs: Number(image.unusedMs),
  };
}

function toProgress(image: string, progress: PullImageResponse_Progress): PullProgress {
  return {
    image,
    layerDigest: progress.layerDigest,
    receivedBytes: Number(progress.receivedBytes),
    totalBytes: Number(progress.totalBytes),
    phase: PHASES[progress.phase] ?? "waiting",
  };
}
