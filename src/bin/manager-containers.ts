/** The manager as a deployer inside the daemon needs it: no wire in between. */

import type { Containers } from "../deploy/containers.ts";
import { waitFor } from "../images/shared-work.ts";
import type { Manager } from "../manager/manager.ts";

/**
 * @param origin noted with each container that is made: `init-dir`, `folder`
 * @param settingsRead resolves when settings of registries are read anew
 */
export function containersOf(
  manager: Manager,
  origin: string,
  settingsRead?: () => Promise<void>,
): Containers {
  return {
    ...(settingsRead !== undefined && { settingsChange: (signal) => waitFor(settingsRead(), signal) }),
    list: async (signal) => {
      await manager.whenReady(signal);
      return manager.list();
    },
    create: (desired, signal) => manager.create(desired, origin, signal),
    start: (id, signal) => manager.start(id, signal),
    stop: (id, options, signal) => manager.stop(id, options, signal),
    unpause: (id, signal) => manager.unpause(id, signal),
    remove: (id, force, stop, signal) => manager.remove(id, force, stop, signal),
    update: (id, policy, resources, signal, limits) => manager.update(id, policy, resources, signal, limits),
    replace: (id, desired, options, signal) => manager.replace(id, desired, options, signal, origin),
    watch: (onChange, signal) =>
      new Promise((resolve) => {
        const unsubscribe = manager.subscribe((change) => {
          const changed = change === "overflowed" ? manager.list() : [change.container];
          for (const container of changed) onChange(container);
        });
        const end = () => {
          unsubscribe();
          resolve();
        };
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
      }),
  };
}
