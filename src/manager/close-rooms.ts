/** The end of the rooms that the manager works with: one that cannot be closed does not keep the others open. */

import type { ManagerParts } from "./parts.ts";

/** One after the other, all of them; the first fault is thrown at the end. @param stop no container runs on */
export async function closeRooms({ logs, network, engine }: ManagerParts, stop: boolean): Promise<void> {
  const faults: unknown[] = [];
  for (const close of [() => logs.close(!stop), () => network.close(stop), () => engine.close()]) {
    try {
      await close();
    } catch (thrown) {
      faults.push(thrown);
    }
  }
  if (faults.length > 0) throw faults[0];
}
