import { describe, expect, test } from "bun:test";
import { InputShare } from "../../../src/logs/input-share.ts";

function share(isOnce: boolean) {
  const ends: string[] = [];
  return {
    ends,
    input: new InputShare(isOnce, async () => {
      ends.push("end");
    }),
  };
}

describe("a container's input in the hands of several clients", () => {
  test("ends when the only client ends its own, not when it goes", async () => {
    const { input, ends } = share(false);
    await input.join().leave();
    expect(ends).toEqual([]);
    const client = input.join();
    await client.end();
    await client.leave();
    expect(ends).toEqual(["end"]);
  });

  test("stays open while another can still write, and ends with the last one when somebody has ended it", async () => {
    const { input, ends } = share(false);
    const [a, b, c] = [input.join(), input.join(), input.join()];
    await a.end();
    await b.leave();
    expect(ends).toEqual([]);
    await c.leave();
    expect(ends).toEqual(["end"]);
  });

  test("stdin_once: ends with the first client that ends or goes", async () => {
    const { input, ends } = share(true);
    const [a, b] = [input.join(), input.join()];
    await a.leave();
    await b.end();
    expect(ends).toEqual(["end"]);
  });

  test("an end that failed is tried again by the next one", async () => {
    let tries = 0;
    const input = new InputShare(false, async () => {
      tries++;
      if (tries === 1) throw new Error("engine away");
    });
    await expect(input.join().end()).rejects.toThrow("engine away");
    await input.join().end();
    expect(tries).toBe(2);
  });
});
