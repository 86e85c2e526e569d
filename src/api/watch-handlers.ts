/** The stream of changes: what is there, then each change. */

import type { HandlersOf } from "../grpc/handlers.ts";
import { answering } from "./answering.ts";
import { ChangeQueue } from "./change-queue.ts";
import {
  WatchEvent_Action as Action,
  type SupercargoDefinition,
  type WatchEvent,
} from "./gen/supercargo/v1/supercargo.ts";
import type { ChangeAction, ContainerKeeper } from "./keeper.ts";
import type { ServiceParts } from "./service-parts.ts";
import { containerToWire } from "./to-wire.ts";

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

export function watchHandlers({
  keeper,
  whenReady,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "watch"> {
  return {
    watch: async function* ({ ids }, { signal }) {
      await answering(() => whenReady(signal));
      yield* watch(keeper, ids, signal);
    },
  };
}
