/** Rules for what a container may be given beyond Kanto's form; our own, so the texts are ours too. */

import type { DesiredContainer } from "./container.ts";
import { type Extras, PULL_POLICIES, type Ulimit } from "./extras.ts";
import { type LiveLimits, EXTRAS_PATHS as PATHS } from "./extras-rules.ts";
import { clip, type Fault } from "./fault.ts";
import { healthFaults } from "./validate-health.ts";

/** `user`, `user:group`, `uid`, `uid:gid`; no blanks, no control characters. */
const USER = /^[^\s:\p{Cc}]{1,256}(:[^\s:\p{Cc}]{1,256})?$/u;
const LARGEST_ID = 0x7fffffff;
/** The kernel gives shares of time in steps of 1 ms in 100 (cgroups). */
const LEAST_CPUS = 0.01;
const MOST_CPUS = 8192;
const MOST_PIDS = 4_194_304;
const SYSCTL = /^[a-z0-9_]+([./][A-Za-z0-9_*-]+)+$/;
/** What belongs to a namespace that a container has of its own (runc refuses all others at start). */
const IPC_SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
  "kernel.domainname",
]);
export const ULIMIT_NAMES: readonly string[] = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];
/** As containerd limits a label, key and value together. */
const LABEL_LIMIT = 4096;
const LABELS_LIMIT = 200;
const PROFILE_NAME = /^[!-~]{1,255}$/;

/** Everything wrong with the extras of a wish. */
export function* extrasFaults(desired: DesiredContainer): Generator<Fault, void, undefined> {
  const { extras } = desired;
  if (extras === undefined) return;
  yield* processFaults(extras);
  yield* readOnlyFaults(desired, extras);
  yield* limitFaults({ cpus: extras.cpus, pidsLimit: extras.pidsLimit });
  yield* sysctlFaults(desired, extras);
  for (const [index, ulimit] of (extras.ulimits ?? []).entries()) {
    yield* ulimitFaults(`${PATHS.ulimits}.${ulimit.name}`, ulimit, extras.ulimits?.slice(0, index) ?? []);
  }
  yield* profileFaults(desired, extras);
  yield* labelFaults(extras);
  if (extras.pullPolicy !== undefined && !PULL_POLICIES.includes(extras.pullPolicy)) {
    const message = `unknown pull policy ${clip(String(extras.pullPolicy))}`;
    yield { path: PATHS.pullPolicy, message, expected: "missing, newer or always" };
  }
  if (extras.healthcheck !== undefined) yield* healthFaults(PATHS.healthcheck, extras.healthcheck);
}

/** Faults of the limits that a running container can be given. */
export function* limitFaults({ cpus, pidsLimit }: LiveLimits): Generator<Fault, void, undefined> {
  if (cpus !== undefined && !(cpus >= LEAST_CPUS && cpus <= MOST_CPUS)) {
    const expected = `a number from ${LEAST_CPUS} to ${MOST_CPUS}`;
    yield { path: PATHS.cpus, message: `${cpus} CPUs cannot be given`, expected };
  }
  const isWhole = pidsLimit === undefined || Number.isInteger(pidsLimit);
  if (!isWhole || (pidsLimit !== undefined && (pidsLimit < 1 || pidsLimit > MOST_PIDS))) {
    const expected = `a whole number from 1 to ${MOST_PIDS}, or -1 for no limit`;
    yield { path: PATHS.pidsLimit, message: `the limit of ${pidsLimit} processes cannot be set`, expected };
  }
}

function* processFaults({ user, workingDir, entrypoint }: Extras): Generator<Fault, void, undefined> {
  if (user !== undefined) {
    const isTooLarge = user.split(":").some((part) => /^\d+$/.test(part) && Number(part) > LARGEST_ID);
    if (!USER.test(user) || isTooLarge) {
      const expected = `user, user:group, uid or uid:gid, numbers up to ${LARGEST_ID}`;
      yield { path: PATHS.user, message: `${clip(JSON.stringify(user))} is no user`, expected };
    }
  }
  if (workingDir !== undefined && (!workingDir.startsWith("/") || workingDir.includes("\0"))) {
    const message = `the working directory ${clip(JSON.stringify(workingDir))} is not absolute`;
    yield { path: PATHS.workingDir, message, expected: "a path that begins with /" };
  }
  if (entrypoint?.[0] === "") {
    const expected = "a program, or an empty list for none";
    yield { path: `${PATHS.entrypoint}[0]`, message: "the entrypoint names no program", expected };
  }
  for (const [index, text] of (entrypoint ?? []).entries()) {
    if (!text.includes("\0")) continue;
    const path = `${PATHS.entrypoint}[${index}]`;
    yield { path, message: "the text holds a NUL character", expected: "text without NUL" };
  }
}

function* readOnlyFaults(desired: DesiredContainer, extras: Extras): Generator<Fault, void, undefined> {
  const destinations = new Set(desired.mounts.map((mount) => mount.destination));
  for (const destination of extras.readOnlyMounts ?? []) {
    if (destinations.has(destination)) continue;
    const message = `${clip(destination)} is to be read-only and is no mount point of the container`;
    yield { path: "mounts", message, expected: "the destination of a mount point" };
  }
}

function* sysctlFaults(desired: DesiredContainer, extras: Extras): Generator<Fault, void, undefined> {
  const hasHostNetwork = desired.hostConfig.networkMode === "host";
  for (const [name, value] of Object.entries(extras.sysctls ?? {})) {
    const path = `${PATHS.sysctls}.${clip(name)}`;
    const isNetwork = /^net[./]/.test(name);
    const isOwn = isNetwork || /^fs[./]mqueue[./]/.test(name) || IPC_SYSCTLS.has(name.replaceAll("/", "."));
    if (!SYSCTL.test(name) || !isOwn) {
      const expected = "net.*, fs.mqueue.*, kernel.msg*, kernel.shm*, kernel.sem or kernel.domainname";
      yield { path, message: `the setting ${clip(name)} is not a container's own`, expected };
    } else if (isNetwork && hasHostNetwork) {
      const message = `the setting ${clip(name)} would be the machine's when in host network mode`;
      yield { path, message, expected: "no net.* settings, or the network mode bridge" };
    }
    if (/[\0\n]/.test(value)) {
      yield { path, message: `the value of ${clip(name)} is not one line`, expected: "one line of text" };
    }
  }
}

function* ulimitFaults(
  path: string,
  { name, soft, hard }: Ulimit,
  earlier: readonly Ulimit[],
): Generator<Fault, void, undefined> {
  if (!ULIMIT_NAMES.includes(name)) {
    yield { path, message: `unknown limit ${clip(name)}`, expected: ULIMIT_NAMES.join(", ") };
    return;
  }
  if (earlier.some((other) => other.name === name)) {
    yield { path, message: `the limit ${name} is given twice`, expected: "each limit once" };
  }
  if (![soft, hard].every((value) => Number.isSafeInteger(value) && value >= -1)) {
    const message = `the limit ${name} cannot be ${soft}:${hard}`;
    yield { path, message, expected: "whole numbers, or -1 for no limit" };
  } else if (hard !== -1 && (soft === -1 || soft > hard)) {
    const message = `the soft limit ${name} ${soft} is above the hard one ${hard}`;
    yield { path, message, expected: "soft at most hard" };
  }
}

function* profileFaults(desired: DesiredContainer, extras: Extras): Generator<Fault, void, undefined> {
  const { seccompProfile: seccomp, apparmorProfile: apparmor } = extras;
  const both = (what: string) =>
    `cannot create the container as privileged and with ${what} at the same time - choose one of the options`;
  if (seccomp !== undefined && seccomp !== "default" && seccomp !== "unconfined") {
    if (!seccomp.startsWith("/") || seccomp.includes("\0")) {
      const message = `unknown seccomp profile ${clip(seccomp)}`;
      const expected = "default, unconfined, or the absolute path of a profile";
      yield { path: PATHS.seccompProfile, message, expected };
    }
  }
  if (apparmor !== undefined && !PROFILE_NAME.test(apparmor)) {
    const message = `${clip(JSON.stringify(apparmor))} is no name of an AppArmor profile`;
    yield { path: PATHS.apparmorProfile, message, expected: "the name of a loaded profile, or unconfined" };
  }
  if (!desired.hostConfig.privileged) return;
  if (seccomp !== undefined && seccomp !== "unconfined") {
    yield { path: PATHS.seccompProfile, message: both("a seccomp profile"), expected: "unconfined or none" };
  }
  if (apparmor !== undefined && apparmor !== "unconfined") {
    const message = both("an AppArmor profile");
    yield { path: PATHS.apparmorProfile, message, expected: "unconfined or none" };
  }
}

function* labelFaults({ labels }: Extras): Generator<Fault, void, undefined> {
  const entries = Object.entries(labels ?? {});
  if (entries.length > LABELS_LIMIT) {
    const message = `${entries.length} labels are too many`;
    yield { path: PATHS.labels, message, expected: `at most ${LABELS_LIMIT}` };
  }
  for (const [key, value] of entries) {
    const path = `${PATHS.labels}.${clip(key)}`;
    if (!/^[\p{L}\p{N}][^\s\p{Cc}]*$/u.test(key) || value.includes("\0")) {
      const expected = "a name that begins with a letter or digit, without blanks, and text";
      yield { path, message: `${clip(JSON.stringify(key))} is no name of a label`, expected };
    } else if (key.length + value.length > LABEL_LIMIT) {
      const expected = `name and value together at most ${LABEL_LIMIT} characters`;
      yield { path, message: `the label ${clip(key)} is too long`, expected };
    }
  }
}
