/** What systemd hears from the daemon, over a start, a life and an end. */

import { describe, expect, test } from "bun:test";
import { silentLog } from "../../../src/base/log.ts";
import type { SupervisorNews } from "../../../src/base/sd-notify.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { READY_AT_THE_LATEST_MS, Supervision } from "../../../src/bin/supervision.ts";
import { SupercargoError } from "../../../src/errors/error.ts";

function set(watchdogIntervalMs?: number, notify?: (news: SupervisorNews) => boolean) {
  const clock = new VirtualClock();
  const told: SupervisorNews[] = [];
  const supervision = new Supervision({
    clock,
    log: silentLog,
    notify: notify ?? ((news) => told.push(news) > 0),
    watchdogIntervalMs,
  });
  return { clock, told, supervision };
}

describe("the supervisor", () => {
  test("hears that the daemon is ready when the containers are restored, and that it ends", async () => {
    const { clock, told, supervision } = set();
    supervision.listening();
    expect(told).toEqual([{ status: "restoring containers" }]);
    supervision.restored(20);
    supervision.ending("SIGTERM");
    await clock.advance(2 * READY_AT_THE_LATEST_MS);
    expect(told.slice(1)).toEqual([
      { ready: true, status: "20 containers" },
      { stopping: true, status: "ending: SIGTERM" },
    ]);
  });

  test("does not wait for ever for containers that containerd cannot show: the API answers already", async () => {
    const { clock, told, supervision } = set();
    supervision.listening();
    await clock.advance(READY_AT_THE_LATEST_MS);
    expect(told.at(-1)).toEqual({
      ready: true,
      status: "still restoring containers; is containerd running?",
    });
    supervision.restored(1);
    expect(told.at(-1)).toEqual({ status: "1 container" });
  });

  test("gets signs of life at the interval that it asked for, also while starting and ending, and none after", async () => {
    const { clock, told, supervision } = set(30_000);
    supervision.ending("SIGTERM");
    await clock.advance(90_000);
    expect(told.filter(({ alive }) => alive === true)).toHaveLength(4);
    supervision[Symbol.dispose]();
    await clock.advance(90_000);
    expect(told.filter(({ alive }) => alive === true)).toHaveLength(4);
    expect(clock.waiting).toBe(0);
  });

  test("that cannot be reached does not disturb the daemon", () => {
    const gone = () => {
      throw new SupercargoError("SC_IO", "no socket");
    };
    const { supervision } = set(1000, gone);
    supervision.listening();
    supervision.restored(0);
    supervision[Symbol.dispose]();
  });
});
