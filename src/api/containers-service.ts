/** The peer's `Containers` service over the keeper: translation and texts, no decisions (spec/grpc-api.md §3.1, §8). */

import type { HandlersOf } from "../grpc/handlers.ts";
import type { LogQuery } from "../logs/logs.ts";
import { attach } from "./attach.ts";
import { resourcesFromWire, restartPolicyFromWire, stopOptionsFromWire, wishFromWire } from "./from-wire.ts";
import type { ContainersDefinition } from "./gen/api/services/containers/containers.ts";
import type { ContainerKeeper } from "./keeper.ts";
import { ORIGIN_HEADER } from "./origin-header.ts";
import { peerStatus } from "./status.ts";
import { containerToWire } from "./to-wire.ts";

const DEFAULT_STOP = { timeoutSeconds: 0, force: false, signal: "" };

async function answering<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw peerStatus(thrown);
  }
}

/** Runs a request that answers nothing. */
async function done(work: () => Promise<void>): Promise<Record<string, never>> {
  await answering(work());
  return {};
}

/**
 * Handlers of the 14 rpcs.
 * @param whenReady resolves when stored containers have been restored
 * @param whenKnown resolves when what would be listed is true, perhaps earlier; a list need not wait for more
 */
export function containersService(
  keeper: ContainerKeeper,
  whenReady: (signal: AbortSignal) => Promise<void>,
  whenKnown: (signal: AbortSignal) => Promise<void> = whenReady,
): HandlersOf<typeof ContainersDefinition> {
  return {
    create: async ({ container }, { signal, metadata }) =>
      answering(
        (async () => {
          await whenReady(signal);
          const origin = metadata.get(ORIGIN_HEADER) ?? "grpc";
          // The peer crashes over a missing container or image; the keeper refuses both alike.
          const wish = container === undefined ? {} : wishFromWire(container);
          return { container: containerToWire(await keeper.create(wish, origin, signal)) };
        })(),
      ),
    get: async ({ id }, { signal }) =>
      answering(
        (async () => {
          await whenReady(signal);
          const container = keeper.get(id);
          return { container: container && containerToWire(container) };
        })(),
      ),
    list: async (_request, { signal }) =>
      answering(
        (async () => {
          await whenKnown(signal);
          return { containers: keeper.list().map(containerToWire) };
        })(),
      ),
    listStream: async function* (_request, { signal }) {
      await answering(whenKnown(signal));
      for (const container of keeper.list()) yield { container: containerToWire(container) };
    },
    start: async ({ id }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.start(id, signal);
      }),
    stop: async ({ id, stopOptions }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.stop(id, stopOptionsFromWire(stopOptions) ?? DEFAULT_STOP, signal);
      }),
    restart: async ({ id }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.restart(id, signal);
      }),
    pause: async ({ id }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.pause(id, signal);
      }),
    unpause: async ({ id }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.unpause(id, signal);
      }),
    rename: async ({ id, name }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.rename(id, name, signal);
      }),
    update: async ({ id, updateOptions }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        const policy = updateOptions?.restartPolicy;
        const resources = updateOptions?.resources;
        await keeper.update(
          id,
          policy && restartPolicyFromWire(policy),
          resources && resourcesFromWire(resources),
          signal,
        );
      }),
    remove: async ({ id, force, stopOptions }, { signal }) =>
      done(async () => {
        await whenReady(signal);
        await keeper.remove(id, force, stopOptionsFromWire(stopOptions), signal);
      }),
    attach: async function* (requests, { signal }) {
      await answering(whenReady(signal));
      yield* attach(keeper, requests, signal);
    },
    logs: async function* ({ id, tail, follow, since }, { signal }) {
      await answering(whenReady(signal));
      // A following ends with its call, or with the container.
      const query: LogQuery = {
        tail,
        ...(since === "" ? {} : { since }),
        ...(follow ? { followUntil: new AbortController().signal } : {}),
      };
      try {
        for await (const log of keeper.readLogs(id, query, signal)) yield { log };
      } catch (thrown) {
        throw peerStatus(thrown);
      }
    },
  };
}
