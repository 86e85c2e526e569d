import { expect, test } from "bun:test";
import { STATUSES, type Status } from "../../../src/model/container.ts";
import * as state from "../../../src/model/state.ts";

const T1 = "2026-01-01T00:00:01Z";
const T2 = "2026-01-01T00:00:02Z";

test("a created container has no pid and no flag", () => {
  const created = state.toCreated(state.creating());
  expect(created).toMatchObject({ status: "Created", pid: -1, exitCode: 0, error: "" });
  expect(Object.values(state.flagsOf(created.status))).toEqual([false, false, false, false, false]);
});

test("while it is made it is nothing yet, and it was never running", () => {
  const blank = { pid: -1, startedAt: "", finishedAt: "", exitCode: 0, error: "", oomKilled: false };
  expect(state.creating()).toEqual({ status: "Creating", ...blank });
  expect(state.toCreated(state.creating())).toEqual({ status: "Created", ...blank });
});

test("of the flags only that of the status is true, and restarting never is", () => {
  const trueFlags = (status: Status) =>
    Object.entries(state.flagsOf(status)).flatMap(([name, isSet]) => (isSet ? [name] : []));
  expect(STATUSES.map((status) => [status, ...trueFlags(status)])).toEqual([
    ["Creating"],
    ["Created"],
    ["Running", "running"],
    ["Stopped"],
    ["Paused", "paused"],
    ["Exited", "exited"],
    ["Dead", "dead"],
    ["Unknown"],
  ]);
  expect(STATUSES.filter((status) => state.isActive(status))).toEqual(["Running", "Paused"]);
});

test("a stop keeps the start and the mark of memory, an exit without such a mark too", () => {
  const ran = { ...state.toRunning(state.creating(), 7, T1), oomKilled: true };
  const ending = { exitCode: 7, error: "", stamp: T2 };
  const ended = { pid: -1, exitCode: 7, error: "", startedAt: T1, finishedAt: T2, oomKilled: true };
  expect(state.toStopped(ran, ending)).toEqual({ status: "Stopped", ...ended });
  expect(state.toExited(ran, { ...ending, oomKilled: false })).toEqual({ status: "Exited", ...ended });
});

test("running clears code, error and memory death and keeps the last end", () => {
  const before = state.toExited(state.toRunning(state.creating(), 1, T1), {
    exitCode: 137,
    error: "",
    oomKilled: true,
    stamp: T2,
  });
  expect(before).toMatchObject({
    status: "Exited",
    pid: -1,
    exitCode: 137,
    error: "OOM Killed",
    oomKilled: true,
  });
  const again = state.toRunning(before, 42, "2026-01-01T00:00:03Z");
  expect(again).toMatchObject({ pid: 42, exitCode: 0, error: "", oomKilled: false, finishedAt: T2 });
  expect(state.flagsOf(again.status).running).toBe(true);
});

test("an unknown exit code is stored as 0 and a start error is kept", () => {
  const stopped = state.toStopped(state.creating(), { exitCode: -1, error: "no such file", stamp: T1 });
  expect(stopped).toMatchObject({ status: "Stopped", exitCode: 0, error: "no such file", finishedAt: T1 });
});

test("an error that is known stands above the memory text", () => {
  const exited = state.toExited(state.creating(), { exitCode: 1, error: "lost", oomKilled: true, stamp: T1 });
  expect(exited.error).toBe("lost");
});

test("pausing keeps everything but the status, and running is false meanwhile", () => {
  const running = state.toRunning(state.creating(), 7, T1);
  const paused = state.toPaused(running);
  expect(state.flagsOf(paused.status)).toMatchObject({ running: false, paused: true });
  expect(state.toUnpaused(paused)).toEqual(running);
  expect(state.isActive("Paused")).toBe(true);
  expect(state.isActive("Exited")).toBe(false);
});

test("dead keeps what was", () => {
  const running = state.toRunning(state.creating(), 7, T1);
  expect(state.toDead(running)).toEqual({ ...running, status: "Dead" });
});
