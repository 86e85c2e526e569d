/**
 * Defaults and comparison of what a container may be given beyond Kanto's form (extras.ts). Paths name the place that a
 * value has in a manifest, in camel case: that is where somebody looks for it (`config.user`, `hostConfig.readOnlyRootfs`).
 */

import type { Extras, Healthcheck, Ulimit } from "./extras.ts";

/** What a healthcheck does that names only its probe; docker's figures. */
export const HEALTH_DEFAULTS: Omit<Healthcheck, "probe"> = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  retries: 3,
  startPeriodMs: 0,
  onUnhealthy: "none",
};

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** Where each extra stands in a manifest. */
export const EXTRAS_PATHS: { readonly [K in keyof Required<Extras>]: string } = {
  readOnlyRoot: "hostConfig.readOnlyRootfs",
  readOnlyMounts: "mounts.readOnly",
  user: "config.user",
  workingDir: "config.workingDir",
  entrypoint: "config.entrypoint",
  cpus: "hostConfig.resources.cpus",
  pidsLimit: "hostConfig.resources.pidsLimit",
  sysctls: "hostConfig.sysctls",
  ulimits: "hostConfig.ulimits",
  seccompProfile: "hostConfig.seccompProfile",
  apparmorProfile: "hostConfig.apparmorProfile",
  noNewPrivileges: "hostConfig.noNewPrivileges",
  labels: "labels",
  pullPolicy: "image.pullPolicy",
  healthcheck: "healthcheck",
};

/** Extras that a running container can be given. */
export const UPDATABLE_EXTRAS = ["cpus", "pidsLimit"] as const;

function sorted(pairs: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
  const entries = Object.entries(pairs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** `RLIMIT_NOFILE` is `nofile`. */
function tidyUlimits(ulimits: readonly Ulimit[] | undefined): readonly Ulimit[] | undefined {
  if (ulimits === undefined || ulimits.length === 0) return undefined;
  return ulimits
    .map(({ name, soft, hard }) => ({ name: name.toLowerCase().replace(/^rlimit_/, ""), soft, hard }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function unlessEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** -1 and 0 both mean no limit. */
function limit(value: number | undefined): number | undefined {
  return value === 0 || value === -1 ? undefined : value;
}

/** Without what says only the default, lists whose order has no effect sorted; undefined when nothing is left. */
export function tidyExtras(extras: Loose<Extras> | undefined): Extras | undefined {
  if (extras === undefined) return undefined;
  const mounts = [...new Set(extras.readOnlyMounts ?? [])].sort();
  const tidy: Loose<Extras> = {
    readOnlyRoot: extras.readOnlyRoot === true ? true : undefined,
    readOnlyMounts: mounts.length === 0 ? undefined : mounts,
    user: unlessEmpty(extras.user),
    workingDir: unlessEmpty(extras.workingDir),
    entrypoint: extras.entrypoint,
    cpus: extras.cpus === 0 ? undefined : extras.cpus,
    pidsLimit: limit(extras.pidsLimit),
    sysctls: sorted(extras.sysctls),
    ulimits: tidyUlimits(extras.ulimits),
    seccompProfile: unlessEmpty(extras.seccompProfile),
    apparmorProfile: unlessEmpty(extras.apparmorProfile),
    noNewPrivileges: extras.noNewPrivileges === false ? false : undefined,
    labels: sorted(extras.labels),
    pullPolicy: extras.pullPolicy === "missing" ? undefined : extras.pullPolicy,
    healthcheck: extras.healthcheck,
  };
  const given = Object.entries(tidy).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Extras);
}

/** One comparable text per path; every path, so that leaving out is a value too. */
export function outlineOfExtras(extras: Extras | undefined): readonly (readonly [string, string])[] {
  const tidy = tidyExtras(extras);
  return (Object.keys(EXTRAS_PATHS) as (keyof Extras)[]).map((key) => {
    const value = tidy?.[key];
    return [EXTRAS_PATHS[key], value === undefined ? "" : JSON.stringify(value)];
  });
}

/** The limits that a running container can be given; undefined = none. */
export interface LiveLimits {
  readonly cpus: number | undefined;
  readonly pidsLimit: number | undefined;
}

/** The same extras with other live limits. */
export function withLiveLimits(extras: Extras | undefined, limits: LiveLimits): Extras | undefined {
  return tidyExtras({ ...extras, ...limits });
}
