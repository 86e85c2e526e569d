/** A manifest of a container that is there: read again it is the same wish. The container-management form, extras included. */

import type { JsonValue } from "../base/json/print.ts";
import type { Container } from "../model/container.ts";
import type { Extras, Healthcheck, Probe, Ulimit } from "../model/extras.ts";
import { toStoredValues } from "./stored.ts";

type Values = Record<string, JsonValue>;

/** What a manifest says of a container; the rest of the stored form is the daemon's own. */
const WANTED = [
  "container_id",
  "container_name",
  "image",
  "domain_name",
  "host_name",
  "mount_points",
  "hooks",
  "config",
  "host_config",
  "io_config",
];

function isValues(value: JsonValue | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null says nothing in a manifest. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isValues(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (one === null ? [] : [[key, withoutNulls(one)]])),
  );
}

/** Only what is given. */
function given(entries: Readonly<Record<string, JsonValue | undefined>>): Values {
  const all: Values = {};
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) all[key] = value;
  return all;
}

function ulimits(limits: readonly Ulimit[] | undefined): JsonValue | undefined {
  return limits && Object.fromEntries(limits.map(({ name, soft, hard }) => [name, { soft, hard }]));
}

function probe(value: Probe): Values {
  if (value.kind === "exec") return { exec: [...value.command] };
  return value.kind === "http"
    ? { http: { port: value.port, path: value.path } }
    : { tcp: { port: value.port } };
}

/** The manifest's `healthcheck`. */
export function healthcheckJson(check: Healthcheck): JsonValue {
  return {
    ...probe(check.probe),
    interval: `${check.intervalMs}ms`,
    timeout: `${check.timeoutMs}ms`,
    retries: check.retries,
    start_period: `${check.startPeriodMs}ms`,
    on_unhealthy: check.onUnhealthy,
  };
}

/** Lays extras over the values of Kanto's form, at the places where a manifest has them. */
function addExtras(values: Values, extras: Extras): void {
  const into = (key: string, more: Values) => {
    const before = values[key];
    const all = { ...(isValues(before) ? before : {}), ...more };
    if (Object.keys(all).length > 0) values[key] = all;
  };
  const host = values["host_config"];
  const resources = isValues(host) && isValues(host["resources"]) ? host["resources"] : {};
  const limits = { ...resources, ...given({ cpus: extras.cpus, pids_limit: extras.pidsLimit }) };
  into("image", given({ pull_policy: extras.pullPolicy }));
  into(
    "config",
    given({
      entrypoint: extras.entrypoint && [...extras.entrypoint],
      user: extras.user,
      working_dir: extras.workingDir,
    }),
  );
  into(
    "host_config",
    given({
      resources: Object.keys(limits).length === 0 ? undefined : limits,
      read_only_rootfs: extras.readOnlyRoot,
      no_new_privileges: extras.noNewPrivileges,
      sysctls: extras.sysctls && { ...extras.sysctls },
      ulimits: ulimits(extras.ulimits),
      seccomp_profile: extras.seccompProfile,
      apparmor_profile: extras.apparmorProfile,
    }),
  );
  const readOnly = extras.readOnlyMounts ?? [];
  const mounts = values["mount_points"];
  if (Array.isArray(mounts) && readOnly.length > 0) {
    values["mount_points"] = mounts.map((mount) =>
      isValues(mount) && readOnly.includes(String(mount["destination"]))
        ? { ...mount, read_only: true }
        : mount,
    );
  }
  Object.assign(
    values,
    given({
      labels: extras.labels && { ...extras.labels },
      healthcheck: extras.healthcheck && healthcheckJson(extras.healthcheck),
    }),
  );
}

/** @param container with its extras @param withId a manifest with an id means this very container */
export function toManifestValues(container: Container, withId: boolean): JsonValue {
  const stored = withoutNulls(toStoredValues(container));
  if (!isValues(stored)) return stored;
  const values: Values = {};
  for (const key of WANTED) {
    const value = stored[key];
    if (value !== undefined && (withId || key !== "container_id")) values[key] = value;
  }
  if (container.extras !== undefined) addExtras(values, container.extras);
  return values;
}
