/** Shapes of values that only our own keys have: durations, decimal numbers, maps of texts, limits, healthchecks. */

import { parseGoDurationMs } from "../base/go-duration.ts";
import type { JsonNode } from "../base/json/node.ts";
import { shown } from "../base/json/show.ts";
import type { Healthcheck, Probe, Ulimit } from "../model/extras.ts";
import { HEALTH_DEFAULTS } from "../model/extras-rules.ts";
import type { Reading, Where } from "./reading.ts";
import { type Field, listOf, objectOf, type Shape, text, whole, wrongType } from "./shape.ts";

const PORT_MOST = 65_535;
const COUNT_MOST = 1_000_000;
const DURATION_WORDS = "text such as 30s or 1m30s, or a number of seconds";

function both<T>(key: string, shape: Shape<T>, doc: string, extra: Partial<Field<T>> = {}): Field<T> {
  return { cm: key, internal: key, shape, doc, ...extra };
}

/** A number, fractions allowed. */
export const decimal: Shape<number> = {
  info: { kind: "decimal" },
  read: (node, reading, where) => {
    if (node.kind !== "number") return wrongType(node, reading, where, "number");
    const value = Number(node.digits);
    if (Number.isFinite(value)) return value;
    reading.problem(where, node.offset, "the number is out of range", "a number");
    return undefined;
  },
};

/** Milliseconds. */
export const duration: Shape<number> = {
  info: { kind: "duration" },
  read: (node, reading, where) => {
    if (node.kind === "number") return Number(node.digits) * 1000;
    if (node.kind !== "text") return wrongType(node, reading, where, "duration");
    const ms = parseGoDurationMs(node.value);
    if (typeof ms === "number") return ms;
    reading.problem(where, node.offset, `${shown(node.value)} is no duration`, DURATION_WORDS);
    return undefined;
  },
};

/** An object whose keys are names of the user's; numbers are taken as their digits. */
export const textMap: Shape<Readonly<Record<string, string>>> = {
  info: { kind: "text-map" },
  read: (node, reading, where) => {
    const entries = readMap(node, reading, where, "object of texts", (value, inside) => {
      if (value.kind === "text") return value.value;
      return value.kind === "number" ? value.digits : wrongType(value, reading, inside, "text");
    });
    return entries && Object.fromEntries(entries);
  },
};

const LIMIT = whole(-1, Number.MAX_SAFE_INTEGER);
const softAndHard = objectOf({
  soft: both("soft", LIMIT, "what counts; -1 = unlimited", { isRequired: true }),
  hard: both("hard", LIMIT, "what soft can be raised to; the same when left out"),
});

/** `{"nofile": 4096, "core": {"soft": 0, "hard": -1}}`. */
export const ulimitMap: Shape<readonly Ulimit[]> = {
  info: { kind: "ulimit-map" },
  read: (node, reading, where) => {
    const entries = readMap(node, reading, where, "object of limits", (value, inside) => {
      if (value.kind === "number") {
        const limit = LIMIT.read(value, reading, inside);
        return limit === undefined ? undefined : { soft: limit, hard: limit };
      }
      const pair = softAndHard.read(value, reading, inside);
      return pair?.soft === undefined ? undefined : { soft: pair.soft, hard: pair.hard ?? pair.soft };
    });
    return entries?.map(([name, limit]) => ({ name, ...limit }));
  },
};

function readMap<T>(
  node: JsonNode,
  reading: Reading,
  where: Where,
  words: string,
  read: (value: JsonNode, inside: Where) => T | undefined,
): [string, T][] | undefined {
  if (node.kind !== "object") return wrongType(node, reading, where, words);
  const entries: [string, T][] = [];
  for (const { key, value } of node.members) {
    if (reading.hasEnoughProblems) break;
    const inside = { model: `${where.model}.${key}`, key: `${where.key}.${key}` };
    reading.place(inside, value.offset);
    const item = read(value, inside);
    if (item !== undefined) entries.push([key, item]);
  }
  return entries;
}

const port = both("port", whole(1, PORT_MOST), "port in the container", { isRequired: true });
const checkFields = {
  exec: both("exec", listOf(text), "program of the container and its arguments; 0 is healthy"),
  http: both(
    "http",
    objectOf({ port, path: both("path", text, "what is asked for", { fallback: "/" }) }),
    "GET to the container's address; 200 to 399 is healthy",
  ),
  tcp: both("tcp", objectOf({ port }), "a connection that is accepted is healthy"),
  interval: both("interval", duration, `from one probe to the next: ${DURATION_WORDS}`, { fallback: "30s" }),
  timeout: both("timeout", duration, `what a probe may take: ${DURATION_WORDS}`, { fallback: "30s" }),
  retries: both("retries", whole(0, COUNT_MOST), "failures in a row that make it unhealthy", { fallback: 3 }),
  startPeriod: both("start_period", duration, `failures that do not count at first: ${DURATION_WORDS}`, {
    fallback: "0s",
  }),
  onUnhealthy: both("on_unhealthy", text, "none, or restart: stopped and started as its policy says", {
    fallback: "none",
  }),
};
const checkObject = objectOf(checkFields);

export const healthcheck: Shape<Healthcheck> = {
  info: checkObject.info,
  read: (node, reading, where) => {
    const read = checkObject.read(node, reading, where);
    if (read === undefined) return undefined;
    const { exec, http, tcp } = read;
    if ([exec, http, tcp].filter((probe) => probe !== undefined).length !== 1) {
      const message = "one probe expected";
      reading.problem(where, node.offset, message, "one of exec, http and tcp");
      return undefined;
    }
    return {
      probe: probeOf(exec, http, tcp),
      intervalMs: read.interval ?? HEALTH_DEFAULTS.intervalMs,
      timeoutMs: read.timeout ?? HEALTH_DEFAULTS.timeoutMs,
      retries: read.retries ?? HEALTH_DEFAULTS.retries,
      startPeriodMs: read.startPeriod ?? HEALTH_DEFAULTS.startPeriodMs,
      // Another word goes on to the rules, which refuse it.
      onUnhealthy: (read.onUnhealthy ?? HEALTH_DEFAULTS.onUnhealthy) as Healthcheck["onUnhealthy"],
    };
  },
};

function probeOf(
  exec: readonly string[] | undefined,
  http: { readonly port?: number; readonly path?: string } | undefined,
  tcp: { readonly port?: number } | undefined,
): Probe {
  if (exec !== undefined) return { kind: "exec", command: exec };
  // A port that is missing or wrong has been refused at its place.
  if (http !== undefined) return { kind: "http", port: http.port ?? 1, path: http.path ?? "/" };
  return { kind: "tcp", port: tcp?.port ?? 1 };
}
