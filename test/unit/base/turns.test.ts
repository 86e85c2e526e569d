import { describe, expect, test } from "bun:test";
import { Turns } from "../../../src/base/turns.ts";
import { settle } from "../../../src/base/virtual-clock.ts";

describe("turns of the event loop", () => {
  test("one waiter goes on per turn, in the order of asking, and others run in between", async () => {
    const turns = new Turns();
    const seen: string[] = [];
    for (let number = 0; number < 3; number++) turns.next().then(() => seen.push(`waiter ${number}`));
    for (let number = 0; number < 3; number++) {
      await settle(1);
      seen.push("other");
    }
    expect(seen).toEqual(["waiter 0", "other", "waiter 1", "other", "waiter 2", "other"]);
  });

  test("work that never waits leaves timers their time", async () => {
    const turns = new Turns();
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 5);
    let rounds = 0;
    while (!isOver) {
      await turns.next();
      rounds++;
    }
    expect(rounds).toBeGreaterThan(0);
  });
});
