import { beforeEach, describe, expect, test } from "bun:test";
import { hasCode } from "../../../src/errors/error.ts";
import type { ExecSession } from "../../../src/manager/exec-session.ts";
import { plainExec } from "../../../src/model/exec.ts";
import { Device, FOREVER, wish } from "./support/device.ts";

let device: Device;

beforeEach(async () => {
  device = new Device();
  device.world.execs.behaviour = ({ process }) => {
    const [command] = process.args;
    if (command === "greet") return { writes: "hello", endsAfterMs: 100, exitCode: 3 };
    if (command === "missing") return { failsToStart: "exec: no such file or directory" };
    if (command === "forks") return { writes: "early", endsAfterMs: 100, leavesChild: true };
    return {};
  };
  await device.boot();
  await device.createAndStart(wish("app", "runs"));
});

async function run(command: string, signal: AbortSignal = FOREVER): Promise<ExecSession> {
  return await device.finish(device.manager.exec("app", plainExec([command]), signal));
}

async function text(session: ExecSession): Promise<string> {
  let all = "";
  for await (const { data } of session.output) all += Buffer.from(data).toString("utf8");
  return all;
}

describe("a command executed in a container", () => {
  test("gives its output and its exit code, and nothing of it is left", async () => {
    const begunMs = device.clock.nowMs();
    const session = await run("greet");
    expect(await device.finish(text(session))).toBe("hello");
    expect(await device.finish(session.exitCode)).toBe(3);
    await device.finish(session.gone);
    // It ran for 100 ms; nothing is waited for after it and its output have ended.
    expect(device.clock.nowMs() - begunMs).toBeLessThan(150);
    device.expectNoLeaks();
    expect(device.world.execs.started).toEqual(["app greet"]);
  });

  test("is refused in one that does not run, is paused, or does not exist", async () => {
    await device.create(wish("idle", "runs"));
    const refusal = (id: string) =>
      device.manager.exec(id, plainExec(["greet"]), FOREVER).catch((thrown: unknown) => thrown);
    expect(hasCode(await refusal("idle"), "SC_CONTAINER_STATE")).toBe(true);
    expect(hasCode(await refusal("nobody"), "SC_CONTAINER_NOT_FOUND")).toBe(true);
    await device.finish(device.manager.pause("app", FOREVER));
    expect(hasCode(await refusal("app"), "SC_CONTAINER_STATE")).toBe(true);
    expect(device.world.execs.started).toEqual([]);
  });

  test("that cannot be run says why and leaves nothing", async () => {
    await expect(run("missing")).rejects.toThrow("no such file or directory");
    device.expectNoLeaks();
  });

  test("is killed when its caller gives up", async () => {
    const caller = new AbortController();
    const session = await run("forever", caller.signal);
    caller.abort(new Error("gone home"));
    await expect(device.finish(session.exitCode)).rejects.toThrow("gone home");
    await device.finish(session.gone);
    device.expectNoLeaks();
    expect(device.get("app").state.status).toBe("Running");
  });

  test("whose child holds its output open ends all the same", async () => {
    const session = await run("forks");
    expect(await device.finish(text(session))).toBe("early");
    expect(await device.finish(session.exitCode)).toBe(0);
    device.expectNoLeaks();
  });

  test("ends with its container, and does not hold up its stop", async () => {
    const session = await run("forever");
    const stop = { timeoutSeconds: 1, force: true, signal: "" };
    await device.finish(device.manager.stop("app", stop, FOREVER), 5000);
    expect(await device.finish(session.exitCode)).toBe(137);
    await device.finish(session.gone);
    device.expectNoLeaks();
  });

  test("outlives a lost connection to the engine", async () => {
    const session = await run("greet");
    device.engine.disconnect();
    await device.clock.advance(2000);
    device.engine.reconnect();
    expect(await device.finish(session.exitCode)).toBe(3);
    device.expectNoLeaks();
  });

  test("that a killed daemon left is ended by the next one; the container goes on", async () => {
    await run("forever");
    device.kill();
    expect(device.world.execs.keeper.existing()).toHaveLength(1);
    await device.boot();
    await device.until(() => device.world.execs.keeper.existing().length === 0);
    device.expectNoLeaks();
    expect(device.get("app").state.status).toBe("Running");
  });

  test("is killed when the daemon ends", async () => {
    const session = await run("forever");
    await device.finish(device.manager.close(FOREVER));
    await expect(session.exitCode).rejects.toThrow("the daemon is stopping");
    expect(device.world.execs.keeper.existing()).toEqual([]);
    expect(device.world.running()).toEqual(["app"]);
  });

  test("a container takes 50 of them at a time and says so", async () => {
    const sessions = await Promise.all(Array.from({ length: 50 }, () => run("forever")));
    await expect(run("forever")).rejects.toThrow("too many processes are executed");
    await device.finish(sessions[0]?.kill(9, FOREVER) ?? Promise.reject(new Error("no session")));
    await device.finish(Promise.all(sessions.slice(0, 1).map((session) => session.gone)));
    await run("greet");
  });
});

describe("faults of the engine around a command", () => {
  for (const fault of ["error", "drop", "drop-before"] as const) {
    test(`at any call (${fault}) leave nothing behind`, async () => {
      for (let nth = 1; nth <= 8; nth++) {
        const first = device.engine.calls;
        device.engine.faultAt = (call) => (call === first + nth ? fault : undefined);
        try {
          const session = await device.finish(device.manager.exec("app", plainExec(["greet"]), FOREVER));
          await device.finish(session.exitCode.catch(() => 0));
          await device.finish(session.gone);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Error);
        }
        device.engine.faultAt = () => undefined;
        device.engine.disconnect();
        device.engine.reconnect();
        await device.until(() => device.world.execs.keeper.existing().length === 0);
        device.expectNoLeaks();
      }
    });
  }
});
