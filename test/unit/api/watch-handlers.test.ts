import { beforeEach, describe, expect, test } from "bun:test";
import { CHANGES_LIMIT } from "../../../src/api/change-queue.ts";
import {
  WatchEvent_Action as Action,
  type WatchEvent,
} from "../../../src/api/gen/supercargo/v1/supercargo.ts";
import { watchHandlers } from "../../../src/api/watch-handlers.ts";
import { settle } from "../../../src/base/virtual-clock.ts";
import { Metadata } from "../../../src/grpc/metadata.ts";
import { KEPT_CHANGES } from "../../../src/manager/event-hub.ts";
import { Device, FOREVER, wish } from "../manager/support/device.ts";

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

interface Stream {
  next(): Promise<WatchEvent>;
  /** All events that are there without a further change. */
  present(): Promise<readonly WatchEvent[]>;
  end(): void;
}

function watch(request: { ids?: string[]; run?: string; after?: bigint } = {}): Stream {
  const ended = new AbortController();
  const handlers = watchHandlers({ keeper: device.manager, whenReady: async () => {} });
  const context = {
    signal: ended.signal,
    metadata: new Metadata(),
    peer: "unix",
    deadline: undefined,
    responseHeaders: new Metadata(),
    responseTrailers: new Metadata(),
  };
  const events = handlers.watch?.({ ids: [], run: "", after: 0n, ...request }, context);
  if (events === undefined) throw new Error("watch is not served");
  const iterator = events[Symbol.asyncIterator]();
  let waiting: Promise<IteratorResult<WatchEvent>> | undefined;
  const ask = () => {
    waiting ??= iterator.next();
    return waiting;
  };
  const next = async () => {
    const { value } = await ask();
    waiting = undefined;
    return value as WatchEvent;
  };
  return {
    next,
    present: async () => {
      const all: WatchEvent[] = [];
      for (;;) {
        const isThere = await Promise.race([ask().then(() => true), settle(20).then(() => false)]);
        if (!isThere) return all;
        all.push(await next());
      }
    },
    end: () => ended.abort(),
  };
}

const words = (events: readonly WatchEvent[]) =>
  events.map(({ action, container }) => `${Action[action]} ${container?.id ?? ""}`.trim());

describe("the stream of changes", () => {
  test("tells what is there, a marker, then each change once and in order", async () => {
    await device.create(wish("a", "runs"));
    const stream = watch();
    expect(words(await stream.present())).toEqual(["PRESENT a", "MARKER"]);
    await device.create(wish("b", "runs"));
    await device.finish(device.manager.start("a", FOREVER));
    await device.finish(device.manager.rename("b", "c", FOREVER));
    const events = await stream.present();
    expect(words(events)).toEqual(["CREATED b", "RUNNING a", "RENAMED b"]);
    expect(events.map(({ sequence }) => sequence)).toEqual([2n, 3n, 4n]);
    expect(new Set(events.map(({ run }) => run))).toEqual(new Set([device.manager.run]));
  });

  test("goes on where a client was: what it missed comes once, then what follows", async () => {
    const first = watch();
    await device.create(wish("a", "runs"));
    const last = (await first.present()).at(-1);
    first.end();
    await device.finish(device.manager.rename("a", "b", FOREVER));
    await device.create(wish("other", "runs"));
    const request = { run: last?.run ?? "", after: last?.sequence ?? 0n };
    const again = watch(request);
    expect(words(await again.present())).toEqual(["CONTINUED", "RENAMED a", "CREATED other"]);
    await device.finish(device.manager.remove("a", true, undefined, FOREVER));
    expect(words(await again.present())).toEqual(["REMOVED a"]);
    expect(words(await watch({ ...request, ids: ["other"] }).present())).toEqual([
      "CONTINUED",
      "CREATED other",
    ]);
  });

  test("a client of another life of the daemon, or one that was away too long, gets everything anew", async () => {
    await device.create(wish("a", "runs"));
    const { run } = device.manager;
    expect(words(await watch({ run: "another", after: 1n }).present())).toEqual(["PRESENT a", "MARKER"]);
    expect(words(await watch({ run, after: 99n }).present())).toEqual(["PRESENT a", "MARKER"]);
    for (let n = 0; n <= KEPT_CHANGES; n++) {
      await device.finish(device.manager.rename("a", `name-${n}`, FOREVER));
    }
    expect(words(await watch({ run, after: 1n }).present())).toEqual(["PRESENT a", "MARKER"]);
  });

  test("a reader that is too slow is told so, looks at everything anew, and is never taken back in time", async () => {
    await device.create(wish("a", "runs"));
    const stream = watch();
    await stream.next();
    for (let n = 0; n < CHANGES_LIMIT + 10; n++) {
      await device.finish(device.manager.rename("a", `name-${n}`, FOREVER));
    }
    const events = await stream.present();
    expect(words(events)).toEqual(["MARKER", "OVERFLOWED", "PRESENT a", "MARKER"]);
    expect(events[2]?.container?.name).toBe(`name-${CHANGES_LIMIT + 9}`);
    await device.finish(device.manager.rename("a", "last", FOREVER));
    expect(words(await stream.present())).toEqual(["RENAMED a"]);
  });
});
