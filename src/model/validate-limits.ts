/** Rules for logs, restart policy and memory limits; Update uses the last two alone (spec/grpc-api.md §7). */

import type { LogConfig, Resources, RestartPolicy } from "./container.ts";
import { clip, type Fault } from "./fault.ts";
import { parseSizeBytes } from "./size.ts";

const SIZE_RULE = "a number with the unit k, m or g, such as 64M";
const MINIMUM_MEMORY_BYTES = 3 * 1024 * 1024;
/** What a stored duration can be: 64 bits (spec/grpc-api.md §12). */
const LONGEST_NANOS = 2n ** 63n - 1n;
/** Types of restart policies. */
export const RESTART_POLICIES: readonly string[] = ["no", "always", "unless-stopped", "on-failure"];

export function* logFaults(config: LogConfig): Generator<Fault, void, undefined> {
  const { driver, mode } = config;
  const path = "hostConfig.logConfig";
  if (driver.type !== "json-file" && driver.type !== "none") {
    const message = "unsupported log driver configuration";
    yield { path: `${path}.driver.type`, message, expected: "json-file or none" };
  }
  if (driver.type === "json-file") {
    if (driver.maxFiles < 1) {
      yield {
        path: `${path}.driver.maxFiles`,
        message: "max log files cannot be < 1",
        expected: "1 or more",
      };
    }
    if (driver.maxFiles >= Number.MAX_SAFE_INTEGER) {
      yield {
        path: `${path}.driver.maxFiles`,
        message: "max log files is out of range",
        expected: "a number of files",
      };
    }
    yield* sizeFaults(`${path}.driver.maxSize`, driver.maxSize, "max logs size");
  }
  if (mode.mode !== "blocking" && mode.mode !== "non-blocking") {
    const message = "unsupported log mode configuration";
    yield { path: `${path}.mode.mode`, message, expected: "blocking or non-blocking" };
  }
  if (mode.mode === "non-blocking") {
    yield* sizeFaults(`${path}.mode.maxBufferSize`, mode.maxBufferSize, "max buffer size");
  }
  if (driver.rootDir !== "" && !driver.rootDir.startsWith("/")) {
    yield {
      path: `${path}.driver.rootDir`,
      message: `root dir for container log, ${clip(driver.rootDir)} should be an absolute path`,
      expected: "an absolute path",
    };
  }
}

function* sizeFaults(path: string, text: string, what: string): Generator<Fault, void, undefined> {
  if (text === "") yield { path, message: `${what} must be set`, expected: SIZE_RULE };
  else if (parseSizeBytes(text) === undefined) {
    yield { path, message: `invalid format of ${what} - ${clip(text)}`, expected: SIZE_RULE };
  }
}

/** Faults of a restart policy; paths begin with `hostConfig.restartPolicy`. */
export function* policyFaults(policy: RestartPolicy): Generator<Fault, void, undefined> {
  const path = "hostConfig.restartPolicy";
  if (!RESTART_POLICIES.includes(policy.type)) {
    yield {
      path: `${path}.type`,
      message: `unsupported restart policy type ${clip(policy.type)}`,
      expected: "no, always, unless-stopped or on-failure",
    };
    return;
  }
  if (policy.maximumRetryCount >= Number.MAX_SAFE_INTEGER) {
    const message = "restart policy max retry count is out of range";
    yield { path: `${path}.maximumRetryCount`, message, expected: "0 (endless), or the number of restarts" };
  }
  if (policy.retryTimeoutNanos > LONGEST_NANOS || policy.retryTimeoutNanos < -LONGEST_NANOS) {
    const message = "restart policy retry timeout is out of range";
    yield { path: `${path}.retryTimeoutNanos`, message, expected: "0 (one minute), or some seconds" };
  }
  if (policy.type === "on-failure") {
    if (policy.maximumRetryCount < 0) {
      const message = "restart policy max retry count cannot be negative";
      yield { path: `${path}.maximumRetryCount`, message, expected: "0 (endless) or more" };
    }
    if (policy.retryTimeoutNanos < 0n) {
      const message = "restart policy retry timeout cannot be negative";
      yield { path: `${path}.retryTimeoutNanos`, message, expected: "0 (one minute) or more" };
    }
  } else if (policy.maximumRetryCount !== 0) {
    yield {
      path: `${path}.maximumRetryCount`,
      message: `cannot use max retry count when the restart policy is ${policy.type}`,
      expected: "0, or the policy on-failure",
    };
  }
}

/** Faults of memory limits; paths begin with `hostConfig.resources`. */
export function* resourcesFaults(resources: Resources): Generator<Fault, void, undefined> {
  const path = "hostConfig.resources";
  const { memory, memoryReservation, memorySwap } = resources;
  const memoryBytes = parseSizeBytes(memory);
  const reservationBytes = parseSizeBytes(memoryReservation);
  const swapBytes = parseSizeBytes(memorySwap);
  if (memory !== "" && memoryBytes === undefined) {
    const message = `invalid format of memory - ${clip(memory)}`;
    yield { path: `${path}.memory`, message, expected: SIZE_RULE };
  }
  if (memoryReservation !== "" && reservationBytes === undefined) {
    const message = `invalid format of memory reservation - ${clip(memoryReservation)}`;
    yield { path: `${path}.memoryReservation`, message, expected: SIZE_RULE };
  }
  if (memorySwap !== "" && memorySwap !== "-1" && swapBytes === undefined) {
    const message = `invalid format of swap memory - ${clip(memorySwap)}`;
    yield { path: `${path}.memorySwap`, message, expected: `${SIZE_RULE}, or -1 for unlimited` };
  }
  if (memoryBytes !== undefined && memoryBytes > 0 && memoryBytes < MINIMUM_MEMORY_BYTES) {
    yield { path: `${path}.memory`, message: "minimum memory allowed is 3M", expected: "3M or more" };
  }
  if (swapBytes !== undefined && memory === "") {
    const message = `swap memory - ${clip(memorySwap)}, memory must be set as well`;
    yield { path: `${path}.memorySwap`, message, expected: "memory beside it" };
  }
  if (swapBytes !== undefined && memoryBytes !== undefined && swapBytes < memoryBytes) {
    yield {
      path: `${path}.memorySwap`,
      message: `swap memory - ${clip(memorySwap)} is less than memory - ${clip(memory)}`,
      expected: `${memory} or more: memory and swap together`,
    };
  }
  if (reservationBytes !== undefined && memoryBytes !== undefined && reservationBytes > memoryBytes) {
    yield {
      path: `${path}.memoryReservation`,
      message: `reservation memory - ${clip(memoryReservation)} must be lower than memory - ${clip(memory)}`,
      expected: `${memory} or less`,
    };
  }
}
