import { expect, test } from "bun:test";
import {
  signalName,
  signalNumber,
  stopOptionsFault,
  stopOptionsWithDefaults,
} from "../../../src/model/stop-options.ts";

test("signals are Linux names with prefix or numbers from 1 to 255", () => {
  expect(signalNumber("SIGKILL")).toBe(9);
  expect(signalNumber("SIGSYS")).toBe(31);
  expect(signalNumber("SIGCHLD")).toBe(17);
  const signals: readonly (readonly [string, number])[] = [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGABRT", 6],
    ["SIGIOT", 6],
    ["SIGUSR1", 10],
    ["SIGCLD", 17],
    ["SIGPOLL", 29],
    ["SIGIO", 29],
    ["SIGPWR", 30],
  ];
  for (const [name, number] of signals) expect(signalNumber(name)).toBe(number);
  expect(signalNumber("1")).toBe(1);
  expect(signalNumber("15")).toBe(15);
  expect(signalNumber("255")).toBe(255);
  expect(signalNumber("")).toBe(15);
  for (const text of ["TERM", "sigterm", "0", "256", "-1", "SIG", "SIGFOO", "1.5"]) {
    expect(signalNumber(text)).toBeUndefined();
  }
  expect(signalName(15)).toBe("SIGTERM");
  expect(signalName(200)).toBe("200");
});

test("refusals have the peer's texts", () => {
  const options = { timeoutSeconds: 0, force: false, signal: "" };
  expect(stopOptionsFault(options)).toBeUndefined();
  expect(stopOptionsFault({ ...options, timeoutSeconds: -5 })).toBe("the timeout = -5 shouldn't be negative");
  expect(stopOptionsFault({ ...options, signal: "TERM" })).toBe("invalid signal = TERM");
});

test("a timeout of 0 is the daemon's default, an empty signal SIGTERM", () => {
  expect(stopOptionsWithDefaults({ timeoutSeconds: 0, force: true, signal: "" }, 30)).toEqual({
    timeoutSeconds: 30,
    force: true,
    signal: "SIGTERM",
  });
});
