/** Rules for healthchecks. */

import type { Healthcheck } from "./extras.ts";
import type { Fault } from "./fault.ts";

const LEAST_MS = 100;
const DAY_MS = 86_400_000;
const MOST_RETRIES = 1000;
const PATH_LIMIT = 2000;

/** @param path where the healthcheck stands. */
export function* healthFaults(path: string, check: Healthcheck): Generator<Fault, void, undefined> {
  const { probe } = check;
  if (probe.kind === "exec") {
    if ((probe.command[0] ?? "") === "" || probe.command.some((text) => text.includes("\0"))) {
      const message = "the probe names no program, or holds a NUL character";
      yield { path: `${path}.exec`, message, expected: "a program of the container and its arguments" };
    }
  } else if (!Number.isInteger(probe.port) || probe.port < 1 || probe.port > 65_535) {
    const message = `the port ${probe.port} is out of range`;
    yield { path: `${path}.${probe.kind}.port`, message, expected: "a whole number from 1 to 65535" };
  }
  if (probe.kind === "http" && (!/^\/[!-~]*$/.test(probe.path) || probe.path.length > PATH_LIMIT)) {
    const expected = "a path that begins with /, without blanks";
    yield { path: `${path}.http.path`, message: "the path of the probe cannot be asked for", expected };
  }
  yield* durationFaults(`${path}.interval`, check.intervalMs, LEAST_MS);
  yield* durationFaults(`${path}.timeout`, check.timeoutMs, LEAST_MS);
  yield* durationFaults(`${path}.startPeriod`, check.startPeriodMs, 0);
  if (!Number.isInteger(check.retries) || check.retries < 1 || check.retries > MOST_RETRIES) {
    const message = `${check.retries} retries cannot be counted`;
    yield { path: `${path}.retries`, message, expected: `a whole number from 1 to ${MOST_RETRIES}` };
  }
  if (check.onUnhealthy !== "none" && check.onUnhealthy !== "restart") {
    const message = `unknown answer to an unhealthy container ${String(check.onUnhealthy)}`;
    yield { path: `${path}.onUnhealthy`, message, expected: "none or restart" };
  }
}

function* durationFaults(path: string, ms: number, leastMs: number): Generator<Fault, void, undefined> {
  if (ms >= leastMs && ms <= DAY_MS) return;
  const least = leastMs === 0 ? "0" : `${leastMs}ms`;
  yield { path, message: `a duration of ${ms} ms is out of range`, expected: `${least} to 24h` };
}
