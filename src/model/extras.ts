/**
 * What a container may be given beyond Kanto's form. Kept in `supercargo.json` and in manifests, unseen by Kanto's clients;
 * a container without any has no `extras` at all, so that equal wishes are equal values. Defaults and comparison:
 * extras-rules.ts; what is refused: validate-extras.ts.
 */

/** `missing`: pull when absent (the peer's way); `newer`: ask the registry for another digest; `always`: pull each time. */
export const PULL_POLICIES = ["missing", "newer", "always"] as const;
export type PullPolicy = (typeof PULL_POLICIES)[number];

/** How a container shows that it works. Durations in milliseconds. */
export interface Healthcheck {
  readonly probe: Probe;
  /** From the end of one probe to the start of the next. */
  readonly intervalMs: number;
  /** A probe that takes longer has failed. */
  readonly timeoutMs: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
  /** Failures within this time after the start do not count; the first success ends it. */
  readonly startPeriodMs: number;
  /** What an unhealthy container gets: `none` = it is only reported; `restart` = it is stopped and its restart policy starts it. */
  readonly onUnhealthy: "none" | "restart";
}

export type Probe =
  /** Runs inside the container; exit code 0 is healthy. */
  | { readonly kind: "exec"; readonly command: readonly string[] }
  /** GET to the container's own address; 200–399 is healthy. */
  | { readonly kind: "http"; readonly port: number; readonly path: string }
  /** A connection that is accepted is healthy. */
  | { readonly kind: "tcp"; readonly port: number };

export type Health = "starting" | "healthy" | "unhealthy";

/** `hard` and `soft` as setrlimit takes them; -1 = unlimited. */
export interface Ulimit {
  /** Without prefix, lower case: `nofile`, `core`, … */
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

export interface Extras {
  readonly readOnlyRoot?: boolean;
  /** Destinations of the mount points that cannot be written to. */
  readonly readOnlyMounts?: readonly string[];
  /** `user`, `user:group`, `uid`, `uid:gid`, instead of the image's. */
  readonly user?: string;
  readonly workingDir?: string;
  /** Instead of the image's, whose CMD then does not count either; an empty list is none. */
  readonly entrypoint?: readonly string[];
  /** CPUs' worth of time, e.g. 1.5. */
  readonly cpus?: number;
  /** Processes and threads at most. */
  readonly pidsLimit?: number;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly ulimits?: readonly Ulimit[];
  /** `default`, `unconfined`, or the absolute path of a profile in docker's JSON form; absent: the daemon's setting. */
  readonly seccompProfile?: string;
  /** Name of a loaded profile or `unconfined`. */
  readonly apparmorProfile?: string;
  /** false lets setuid programs gain rights (the peer's spec always forbids it, spec/engine.md §7). */
  readonly noNewPrivileges?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly pullPolicy?: PullPolicy;
  readonly healthcheck?: Healthcheck;
}
