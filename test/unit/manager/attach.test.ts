import { beforeEach, describe, expect, test } from "bun:test";
import { Device, FOREVER, wish } from "./support/device.ts";

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

function withInput(name: string, io: { openStdin?: boolean; stdinOnce?: boolean; tty?: boolean }) {
  return { ...wish(name, "runs"), ioConfig: io };
}

function calls(name: string): string[] {
  return device.engine.history.filter((call) => call.startsWith(name));
}

describe("attaching to a container", () => {
  test("before it starts: the output is there before its first byte can be written", async () => {
    const { id } = await device.create(wish("one", "runs"));
    const seen: string[] = [];
    const attached = device.manager.attach(id, false, FOREVER).then(() => {
      seen.push(...device.engine.history.filter((call) => call.startsWith("startTask")));
      return "attached";
    });
    await device.finish(device.manager.start(id, FOREVER));
    expect(await attached).toBe("attached");
    expect(seen).toEqual([]);
  });

  test("waiting for a start ends with the peer's text when the container is removed, and with the signal's reason", async () => {
    const { id } = await device.create(wish("one", "runs"));
    const cancel = new AbortController();
    const one = device.manager.attach(id, false, FOREVER).catch((thrown: unknown) => thrown);
    const two = device.manager.attach(id, false, cancel.signal).catch((thrown: unknown) => thrown);
    cancel.abort(new Error("enough"));
    expect(String(await two)).toContain("enough");
    await device.finish(device.manager.remove(id, false, undefined, FOREVER));
    expect(await one).toMatchObject({
      code: "SC_CONTAINER_NOT_FOUND",
      message: `no such container with id = ${id} exists`,
    });
  });

  test("the 101st client that waits for a start is refused", async () => {
    const { id } = await device.create(wish("one", "runs"));
    const cancel = new AbortController();
    const waiting = Array.from({ length: 100 }, () => device.manager.attach(id, false, cancel.signal));
    const ends = Promise.allSettled(waiting);
    const refused = await device.manager.attach(id, false, FOREVER).catch((thrown: unknown) => thrown);
    expect(refused).toHaveProperty("code", "SC_OUTPUT_LIMIT");
    cancel.abort(new Error("enough"));
    await ends;
  });

  test("input is given only to who wants it, of a container that reads", async () => {
    const { id } = await device.createAndStart(withInput("cat", { openStdin: true }));
    const { id: deaf } = await device.createAndStart(wish("deaf", "runs"));
    expect((await device.manager.attach(id, false, FOREVER)).input).toBeUndefined();
    expect((await device.manager.attach(deaf, true, FOREVER)).input).toBeUndefined();
    const [a, b] = [
      (await device.manager.attach(id, true, FOREVER)).input,
      (await device.manager.attach(id, true, FOREVER)).input,
    ];
    await a?.end();
    expect(calls("closeStdin")).toEqual([]);
    await b?.end();
    expect(calls("closeStdin")).toEqual([`closeStdin ${id}`]);
  });

  test("stdin_once: the first client that goes ends the input; without it, none does", async () => {
    const { id: once } = await device.createAndStart(withInput("once", { openStdin: true, stdinOnce: true }));
    const { id: more } = await device.createAndStart(withInput("more", { openStdin: true }));
    await (await device.manager.attach(once, true, FOREVER)).input?.leave();
    await (await device.manager.attach(more, true, FOREVER)).input?.leave();
    expect(calls("closeStdin")).toEqual([`closeStdin ${once}`]);
  });

  test("the size of a terminal holds for this run and the next, and is nothing without a terminal", async () => {
    const { id } = await device.create(withInput("term", { tty: true }));
    const { id: plain } = await device.createAndStart(wish("plain", "runs"));
    await (await device.manager.attach(plain, false, FOREVER)).resize({ columns: 100, rows: 50 });
    const sized = device.manager.attach(id, false, FOREVER).then(async (attached) => {
      await attached.resize({ columns: 80, rows: 24 });
      return attached;
    });
    await device.finish(device.manager.start(id, FOREVER));
    const order = device.engine.history.filter((call) => /^(resizeTerminal|startTask) term/.test(call));
    expect(order[0]).toBe(`resizeTerminal ${id} 80x24`);
    await (await sized).resize({ columns: 132, rows: 43 });
    expect(calls("resizeTerminal").at(-1)).toBe(`resizeTerminal ${id} 132x43`);
    device.engine.faultAt = () => "error";
    await (await sized).resize({ columns: 1, rows: 1 });
    expect(calls(`resizeTerminal ${plain}`)).toEqual([]);
  });
});

test("the size that was asked for last stays, although the engine takes its time with the start's own", async () => {
  const { id } = await device.create(withInput("term", { tty: true }));
  const sized = device.manager.attach(id, false, FOREVER).then(async (attached) => {
    await attached.resize({ columns: 80, rows: 24 });
    return attached;
  });
  const { engine } = device;
  const set: string[] = [];
  let isRunning = false;
  const slow = Promise.withResolvers<void>();
  const resize = engine.resizeTerminal.bind(engine);
  engine.resizeTerminal = async (ofId, size, signal) => {
    // Only that of the start's end is slow, once.
    if (isRunning) {
      isRunning = false;
      await slow.promise;
    }
    await resize(ofId, size, signal);
    set.push(`${size.columns}x${size.rows}`);
  };
  const start = engine.startTask.bind(engine);
  engine.startTask = async (ofId, signal) => {
    await start(ofId, signal);
    isRunning = true;
  };
  await device.finish(device.manager.start(id, FOREVER));
  const asked = (await sized).resize({ columns: 132, rows: 43 });
  slow.resolve();
  await device.finish(asked);
  await device.clock.advance(100);
  expect(set.at(-1)).toBe("132x43");
});

describe("output that does not reach its log", () => {
  test("is a problem of the daemon: a disk that refuses, lines that were dropped; none once the run has ended", async () => {
    const { id } = await device.createAndStart(wish("one", "runs"));
    expect(device.manager.problems()).toEqual([]);
    device.logs.losses = { lines: 7, refusal: "ENOSPC" };
    expect(device.manager.problems()).toMatchObject([
      {
        code: "SC_DISK_FULL",
        subject: id,
        message: `the log of container one (${id}) cannot be written (ENOSPC); 7 lines of output were dropped since its start`,
      },
    ]);
    device.logs.losses = { lines: 0, refusal: "EIO" };
    expect(device.manager.problems()).toMatchObject([{ code: "SC_IO" }]);
    device.logs.losses = { lines: 7, refusal: undefined };
    expect(device.manager.problems()).toMatchObject([{ code: "SC_OUTPUT_DROPPED" }]);
    await device.finish(device.manager.remove(id, true, undefined, FOREVER));
    expect(device.manager.problems()).toEqual([]);
  });
});
