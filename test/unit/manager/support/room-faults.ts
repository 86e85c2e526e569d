/** Rooms in memory that refuse, refuse although they did it, or do not answer, at a chosen call. */

import { delay } from "../../../../src/base/clock.ts";
import type { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";

/** `error`: refused, nothing was done. `late-error`: done, and told to have failed. `hang`: no answer until the room's own limit. */
export type RoomFault = "error" | "late-error" | "hang";

const ROOM_LIMIT_MS = 10_000;
/** Those that can fail; the others answer from memory. */
const CAN_FAIL =
  /^(images\.(find|ensure)|network\.(open|check|attach|release)|logs\.(open|create|reattach|sweep)|output\.close)$/;

export class RoomFaults {
  /** Calls that could fail so far. */
  calls = 0;
  faultAt: (call: number, name: string) => RoomFault | undefined = () => undefined;

  constructor(private readonly clock: VirtualClock) {}

  guard<T extends object>(target: T, label: string): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key, object);
        if (typeof value !== "function") return value;
        const name = `${label}.${String(key)}`;
        const act = (args: unknown[]): unknown => value.apply(object, args);
        return (...args: unknown[]) => (CAN_FAIL.test(name) ? this.#call(name, args, act) : act(args));
      },
    });
  }

  async #call(name: string, args: unknown[], act: (args: unknown[]) => unknown): Promise<unknown> {
    this.calls++;
    const fault = this.faultAt(this.calls, name);
    if (fault === "error") throw planned(name);
    if (fault === "hang") {
      const signal = args.find((arg) => arg instanceof AbortSignal) ?? new AbortController().signal;
      await delay(this.clock, ROOM_LIMIT_MS, signal);
      throw new SupercargoError("SC_TIMEOUT", `${name} did not answer`);
    }
    const answer: unknown = await act(args);
    // An output that cannot be opened takes its own part back; there is no asking for it from outside.
    if (fault === "late-error" && !/^logs\.(create|reattach)$/.test(name)) throw planned(name);
    const isOutput = typeof answer === "object" && answer !== null && "endInput" in answer;
    return isOutput ? this.guard(answer, "output") : answer;
  }
}

function planned(name: string): SupercargoError {
  return new SupercargoError("SC_IO", `planned fault in ${name}`);
}
