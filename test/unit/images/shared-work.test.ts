import { describe, expect, test } from "bun:test";
import { settle } from "../../../src/base/virtual-clock.ts";
import { SharedWork } from "../../../src/images/shared-work.ts";

const never = new AbortController().signal;

/** Work that ends when told, and notes how often it was begun and why it was aborted. */
function controlled() {
  const state = { begun: 0, reasons: [] as unknown[], gates: [] as PromiseWithResolvers<string>[] };
  const start = (signal: AbortSignal, tell: (news: string) => void): Promise<string> => {
    state.begun++;
    const gate = Promise.withResolvers<string>();
    state.gates.push(gate);
    signal.addEventListener("abort", () => state.reasons.push(signal.reason), { once: true });
    tell(`begun ${state.begun}`);
    return gate.promise;
  };
  return { state, start };
}

describe("shared work", () => {
  test("callers of one key share one run and its result; other keys have their own", async () => {
    const shared = new SharedWork<string, string>();
    const { state, start } = controlled();
    const calls = ["a", "a", "b"].map((key) => shared.join(key, never, undefined, start));
    await settle();
    expect(state.begun).toBe(2);
    state.gates[0]?.resolve("for a");
    state.gates[1]?.resolve("for b");
    expect(await Promise.all(calls)).toEqual(["for a", "for a", "for b"]);
    await shared.whenIdle();
  });

  test("a failure reaches all, and the next caller starts anew", async () => {
    const shared = new SharedWork<string, string>();
    const { state, start } = controlled();
    const calls = [1, 2].map(() =>
      shared.join("a", never, undefined, start).catch((thrown: unknown) => thrown),
    );
    await settle();
    const failure = new Error("broken");
    state.gates[0]?.reject(failure);
    expect(await Promise.all(calls)).toEqual([failure, failure]);
    const again = shared.join("a", never, undefined, start);
    await settle();
    state.gates[1]?.resolve("fine");
    expect(await again).toBe("fine");
  });

  test("who gives up leaves at once; the run goes on for the others and ends with the last", async () => {
    const shared = new SharedWork<string, string>();
    const { state, start } = controlled();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = shared.join("a", one.signal, undefined, start).catch((thrown: unknown) => thrown);
    const second = shared.join("a", two.signal, undefined, start).catch((thrown: unknown) => thrown);
    await settle();
    one.abort("first");
    expect(await first).toBe("first");
    expect(state.reasons).toEqual([]);
    two.abort("second");
    expect(await second).toBe("second");
    expect(state.reasons).toEqual(["second"]);
  });

  test("who comes while a run is being ended waits for its end and gets a new one", async () => {
    const shared = new SharedWork<string, string>();
    const { state, start } = controlled();
    const ended = new AbortController();
    const first = shared.join("a", ended.signal, undefined, start).catch((thrown: unknown) => thrown);
    await settle();
    ended.abort("enough");
    await first;
    const second = shared.join("a", never, undefined, start);
    await settle();
    expect(state.begun).toBe(1);
    state.gates[0]?.reject(new Error("aborted"));
    await settle();
    expect(state.begun).toBe(2);
    state.gates[1]?.resolve("new");
    expect(await second).toBe("new");
  });

  test("an aborted caller starts nothing", async () => {
    const shared = new SharedWork<string, string>();
    const { state, start } = controlled();
    const outcome = await shared
      .join("a", AbortSignal.abort("no"), undefined, start)
      .catch((thrown: unknown) => thrown);
    expect(outcome).toBe("no");
    expect(state.begun).toBe(0);
  });

  test("news reaches those who listen, as long as they are there", async () => {
    const shared = new SharedWork<string, string>();
    const tellers: ((news: string) => void)[] = [];
    const gate = Promise.withResolvers<string>();
    const start = (_signal: AbortSignal, tell: (news: string) => void) => {
      tellers.push(tell);
      return gate.promise;
    };
    const heard: string[] = [];
    const leaving = new AbortController();
    const first = shared
      .join("a", leaving.signal, (news) => heard.push(`1 ${news}`), start)
      .catch(() => undefined);
    const second = shared.join("a", never, (news) => heard.push(`2 ${news}`), start);
    await settle();
    tellers[0]?.("x");
    leaving.abort();
    await first;
    tellers[0]?.("y");
    gate.resolve("done");
    await second;
    expect(heard).toEqual(["1 x", "2 x", "2 y"]);
  });
});
