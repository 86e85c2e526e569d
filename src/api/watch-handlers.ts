/** The stream of changes: what is there, then each change; a client that comes back goes on where it was. */

import type { HandlersOf } from "../grpc/handlers.ts";
import { answering } from "./answering.ts";
import { ChangeQueue } from "./change-queue.ts";
import {
  WatchEvent_Action as Action,
  type SupercargoDefinition,
  type WatchEvent,
  type WatchRequest,
} from "./gen/supercargo/v1/supercargo.ts";
import type { ChangeAction, ContainerChange, ContainerKeeper } from "./keeper.ts";
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
  health: Action.HEALTH_CHANGED,
};

/** One stream: what is there or what was missed, then each change once, in order. */
class ChangeStream {
  /** Everything up to this number has been told. */
  #told = 0;

  constructor(
    private readonly keeper: ContainerKeeper,
    private readonly request: WatchRequest,
  ) {}

  async *events(signal: AbortSignal): AsyncIterable<WatchEvent> {
    const queue = new ChangeQueue(signal);
    const unsubscribe = this.keeper.subscribe((change) => queue.push(change));
    try {
      yield* this.#missed() ?? this.#present();
      for await (const change of queue) {
        if (change === "overflowed") {
          yield this.#word(Action.OVERFLOWED, this.keeper.sequence);
          yield* this.#present();
        } else {
          yield* this.#change(change);
        }
      }
    } finally {
      unsubscribe();
    }
  }

  /** What a client that was here before has missed; undefined when it has to look at everything anew. */
  #missed(): Iterable<WatchEvent> | undefined {
    const { run, after } = this.request;
    if (run !== this.keeper.run || after > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    const missed = this.keeper.changesSince(Number(after));
    if (missed === undefined) return undefined;
    this.#told = Number(after);
    return this.#goOn(missed);
  }

  *#goOn(missed: readonly ContainerChange[]): Iterable<WatchEvent> {
    yield this.#word(Action.CONTINUED, this.#told);
    for (const change of missed) yield* this.#change(change);
  }

  /** All that is there, as of one moment. */
  #present(): Iterable<WatchEvent> {
    this.#told = this.keeper.sequence;
    const sequence = BigInt(this.#told);
    const { run } = this.keeper;
    const containers = this.keeper.list().filter(({ id }) => this.#isWanted(id));
    const marker = this.#word(Action.MARKER, this.#told);
    return (function* () {
      for (const container of containers) {
        yield { action: Action.PRESENT, container: containerToWire(container), sequence, time: "", run };
      }
      yield marker;
    })();
  }

  *#change({ action, container, sequence, time }: ContainerChange): Iterable<WatchEvent> {
    // Waited in the queue while everything was told anew, or was among the missed ones.
    if (sequence <= this.#told) return;
    this.#told = sequence;
    if (!this.#isWanted(container.id)) return;
    const { run } = this.keeper;
    yield {
      action: ACTIONS[action],
      container: containerToWire(container),
      sequence: BigInt(sequence),
      time,
      run,
    };
  }

  #word(action: Action, sequence: number): WatchEvent {
    return { action, container: undefined, sequence: BigInt(sequence), time: "", run: this.keeper.run };
  }

  #isWanted(id: string): boolean {
    return this.request.ids.length === 0 || this.request.ids.includes(id);
  }
}

export function watchHandlers({
  keeper,
  whenReady,
}: Pick<ServiceParts, "keeper" | "whenReady">): Pick<HandlersOf<typeof SupercargoDefinition>, "watch"> {
  return {
    watch: async function* (request, { signal }) {
      await answering(() => whenReady(signal));
      yield* new ChangeStream(keeper, request).events(signal);
    },
  };
}
