/** Our extension service: replacing, watching, images, status. Errors carry the status that fits their kind. */

import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { Images, LocalImage, PullProgress } from "../images/images.ts";
import type { ReplaceOutcome } from "../model/replace.ts";
import { ChangeQueue } from "./change-queue.ts";
import { stopOptionsFromWire, wishFromWire } from "./from-wire.ts";
import {
  WatchEvent_Action as Action,
  StatusResponse_Engine as EngineState,
  ReplaceResponse_Outcome as Outcome,
  ReplaceResponse_Phase as Phase,
  type Problem,
  type PullImageResponse,
  PullImageResponse_Progress_Phase as PullPhase,
  type ReplaceResponse,
  type SupercargoDefinition,
  type WatchEvent,
} from "./gen/supercargo/v1/supercargo.ts";
import type { ChangeAction, ContainerKeeper } from "./keeper.ts";
import { ownStatus } from "./status.ts";
import { containerToWire } from "./to-wire.ts";

export interface DaemonStatus {
  readonly version: string;
  readonly engineConnected: boolean;
  readonly problems: readonly Problem[];
}

const ACTIONS: Readonly<Record<ChangeAction, Action>> = {
  created: Action.CREATED,
  running: Action.RUNNING,
  paused: Action.PAUSED,
  resumed: Action.RESUMED,
  stopped: Action.STOPPED,
  exited: Action.EXITED,
  removed: Action.REMOVED,
  renamed: Action.RENAMED,
  updated: Action.UPDATED,
  replaced: Action.REPLACED,
};
const PHASES = { prepare: Phase.PREPARE, start: Phase.START, probation: Phase.PROBATION } as const;
const PULL_PHASES = {
  waiting: PullPhase.WAITING,
  fetching: PullPhase.FETCHING,
  unpacking: PullPhase.UNPACKING,
  done: PullPhase.DONE,
} as const;

function replaceResponse(outcome: ReplaceOutcome): ReplaceResponse {
  if (outcome.kind === "replaced") {
    return {
      outcome: Outcome.REPLACED,
      container: containerToWire(outcome.container),
      phase: Phase.PHASE_UNSPECIFIED,
      reason: "",
      transient: false,
      exitedWithZero: outcome.exitedWithZero,
    };
  }
  return {
    outcome: Outcome.ROLLED_BACK,
    container: containerToWire(outcome.old),
    phase: PHASES[outcome.phase],
    reason: outcome.reason,
    transient: outcome.isTransient,
    exitedWithZero: false,
  };
}

function image(local: LocalImage) {
  return { name: local.name, digest: local.digest, sizeBytes: BigInt(local.sizeBytes) };
}

async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw ownStatus(thrown);
  }
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
  const pulling = images.ensure(name, signal, onProgress).finally(() => {
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

async function* watch(
  keeper: ContainerKeeper,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncIterable<WatchEvent> {
  const wanted = (id: string) => ids.length === 0 || ids.includes(id);
  const queue = new ChangeQueue(signal);
  const unsubscribe = keeper.subscribe((change) => queue.push(change));
  const present = function* (): Iterable<WatchEvent> {
    const sequence = BigInt(keeper.sequence);
    for (const container of keeper.list().filter(({ id }) => wanted(id))) {
      yield { action: Action.PRESENT, container: containerToWire(container), sequence, time: "" };
    }
    yield { action: Action.MARKER, container: undefined, sequence, time: "" };
  };
  try {
    yield* present();
    for await (const change of queue) {
      if (change === "overflowed") {
        yield {
          action: Action.OVERFLOWED,
          container: undefined,
          sequence: BigInt(keeper.sequence),
          time: "",
        };
        yield* present();
      } else if (wanted(change.container.id)) {
        yield {
          action: ACTIONS[change.action],
          container: containerToWire(change.container),
          sequence: BigInt(change.sequence),
          time: change.time,
        };
      }
    }
  } finally {
    unsubscribe();
  }
}

export function supercargoService(
  keeper: ContainerKeeper,
  images: Images,
  status: () => DaemonStatus,
  whenReady: (signal: AbortSignal) => Promise<void>,
): HandlersOf<typeof SupercargoDefinition> {
  return {
    replace: (request, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        if (request.desired === undefined) {
          throw new SupercargoError("SC_CONTAINER_INVALID", "the desired container is missing");
        }
        const options = {
          stop: stopOptionsFromWire(request.stopOptions) ?? { timeoutSeconds: 0, force: true, signal: "" },
          probationMs: request.probationMs,
        };
        const wish = wishFromWire(request.desired);
        return replaceResponse(await keeper.replace(request.id, wish, options, signal, request.originator));
      }),
    watch: async function* ({ ids }, { signal }) {
      await answering(() => whenReady(signal));
      yield* watch(keeper, ids, signal);
    },
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
    status: async () => {
      const { version, engineConnected, problems } = status();
      return {
        version,
        engine: engineConnected ? EngineState.CONNECTED : EngineState.AWAY,
        problems: [...problems],
      };
    },
  };
}
