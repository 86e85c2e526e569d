/**
 * Extras as `supercargo.json` holds them: the words of the model. Read with care, for the file may come from another version
 * of us: a key that is not known is left out, a value that makes no sense makes the entry unreadable.
 */

import { type Extras, type Healthcheck, type Probe, PULL_POLICIES, type Ulimit } from "../model/extras.ts";

type Json = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isTextMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every(isText);
const isUlimits = (value: unknown): value is readonly Ulimit[] =>
  Array.isArray(value) &&
  value.every(
    (one) => isObject(one) && isText(one["name"]) && isNumber(one["soft"]) && isNumber(one["hard"]),
  );

const CHECKS: { readonly [K in keyof Required<Extras>]: (value: unknown) => boolean } = {
  readOnlyRoot: isFlag,
  readOnlyMounts: isTexts,
  user: isText,
  workingDir: isText,
  entrypoint: isTexts,
  cpus: isNumber,
  pidsLimit: isNumber,
  sysctls: isTextMap,
  ulimits: isUlimits,
  seccompProfile: isText,
  apparmorProfile: isText,
  noNewPrivileges: isFlag,
  labels: isTextMap,
  pullPolicy: (value) => PULL_POLICIES.some((policy) => policy === value),
  healthcheck: isHealthcheck,
};

/** The extras, or undefined when a value is of a wrong kind. */
export function decodeExtras(value: unknown): Extras | undefined {
  if (!isObject(value)) return undefined;
  const known = Object.entries(CHECKS).filter(([key]) => value[key] !== undefined);
  if (!known.every(([key, check]) => check(value[key]))) return undefined;
  return Object.fromEntries(known.map(([key]) => [key, value[key]])) as Extras;
}

function isHealthcheck(value: unknown): value is Healthcheck {
  if (!isObject(value) || !isProbe(value["probe"])) return false;
  const { onUnhealthy } = value;
  return (
    ["intervalMs", "timeoutMs", "retries", "startPeriodMs"].every((key) => isNumber(value[key])) &&
    (onUnhealthy === "none" || onUnhealthy === "restart")
  );
}

function isProbe(value: unknown): value is Probe {
  if (!isObject(value)) return false;
  switch (value["kind"]) {
    case "exec":
      return isTexts(value["command"]);
    case "http":
      return isNumber(value["port"]) && isText(value["path"]);
    case "tcp":
      return isNumber(value["port"]);
    default:
      return false;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
