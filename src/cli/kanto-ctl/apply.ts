/** Puts an edit into force: the change report of the peer's tool, the file, then the daemon (spec/registries-and-tools.md §1.1). */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DaemonConnection } from "../../api/daemon-connection.ts";
import { SupercargoClient } from "../../api/supercargo-client.ts";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { errorCode } from "../../base/file-system.ts";
import { runCommand } from "../../base/process.ts";
import {
  checkEdit,
  type OpenedConfig,
  openConfig,
  withEditLock,
  writeConfig,
} from "../../config/edit/config-file.ts";
import type { KeyPath } from "../../config/edit/document.ts";
import { loadConfig } from "../../config/load.ts";
import { hasCode, SupercargoError, toError } from "../../errors/error.ts";
import type { Terminal } from "../terminal.ts";
import type { Place } from "./place.ts";
import { type GlobalOptions, PROGRAM } from "./words.ts";

const SERVICE = "container-management";
/** A service that stops all its containers first takes its time. */
const RESTART_LIMIT_MS = 3_300_000;

export interface Applying {
  readonly place: Place;
  readonly options: GlobalOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

export type Applied = "changed" | "same" | "unwritable";

/** Edits the file under the lock. Throws SC_CONFIG_INVALID for an edit that cannot be; then nothing has changed. */
export async function applyEdit(
  { place, terminal, signal }: Applying,
  edit: (config: OpenedConfig) => void,
): Promise<{ readonly outcome: Applied; readonly config: OpenedConfig }> {
  const { path } = place;
  const editAndWrite = async () => {
    const config = openConfig(path);
    edit(config);
    for (const fault of checkEdit(config))
      terminal.err(`warning: ${path} has another fault, for which the daemon refuses it: ${fault}\n`);
    if (Buffer.from(config.content).equals(Buffer.from(config.document.content))) {
      terminal.out("No difference to existing configuration.\n");
      return { outcome: "same" as const, config };
    }
    try {
      const backup = join(dirname(config.target ?? path), `${basename(config.target ?? path)}.backup`);
      if (config.target !== undefined) terminal.out(`Backing up to ${backup}\n`);
      terminal.out("Applying changes:\n");
      writeConfig(config, backup);
      return { outcome: "changed" as const, config };
    } catch (thrown) {
      if (errorCode(thrown) === undefined) throw thrown;
      tellUnwritable(config, terminal, thrown);
      return { outcome: "unwritable" as const, config };
    }
  };
  try {
    return await withEditLock(path, signal, editAndWrite);
  } catch (thrown) {
    // A folder that is not there cannot be locked.
    if (errorCode(thrown) !== "ENOENT" && errorCode(thrown) !== "EACCES") throw thrown;
    return await editAndWrite();
  }
}

/** The daemon lays another file over this one: what that one says of the key counts. */
export function warnOfOverlay(
  path: KeyPath,
  { terminal, place }: Pick<Applying, "terminal" | "place">,
): void {
  if (place.overlay === undefined || openConfig(place.overlay).document.get(path) === undefined) return;
  terminal.err(
    `warning: ${place.overlay} has ${path.join(".")} too, and counts; edit that one with --config ${place.overlay}\n`,
  );
}

/** Where the file cannot be written its new content is put aside, for whoever may. */
function tellUnwritable({ path, document }: OpenedConfig, terminal: Terminal, thrown: unknown): void {
  const aside = putAside(path, document.content);
  terminal.out(
    [
      "Unable to apply changes:",
      toError(thrown).message,
      `ERROR: No write permissions to ${path}`,
      `The changes cannot be applied automatically, as the current user does not have write permissions to ${path}`,
      "Either apply the configuration changes manually, or run this script with write permissions (e.g. use sudo):",
      `Run: sudo cp ${aside} ${path}`,
      "",
    ].join("\n"),
  );
}

function putAside(path: string, content: string): string {
  try {
    const aside = join(mkdtempSync(join(tmpdir(), "kanto-cm-config.")), basename(path));
    writeFileAtomic(aside, content, 0o600);
    return aside;
  } catch (cause) {
    const reason = toError(cause).message;
    throw new SupercargoError(
      "SC_IO",
      `neither ${path} nor a file in ${tmpdir()} can be written: ${reason}`,
      {
        cause,
        hint: "nothing was changed",
      },
    );
  }
}

/** Tells the daemon. Answers whether the change is in force, or will be as was asked for. */
export async function putIntoForce({ place, options, terminal, signal }: Applying): Promise<boolean> {
  const { out } = terminal;
  if (options.verbose) out("Ok, changes applied.\n");
  if (!options.reloads) {
    out("Note: Kanto requires a restart for the changes to take affect.\n");
    return true;
  }
  const reloaded = await askToReload(place.path, signal);
  if (reloaded.kind === "done") {
    for (const warning of reloaded.warnings) terminal.err(`warning: ${warning}\n`);
    if (reloaded.needsRestart.length === 0) {
      out("Kanto Container-Management has taken the changes over; containers run on.\n");
      return true;
    }
    out(`In force after a restart only: ${reloaded.needsRestart.join(", ")}\n`);
  } else if (reloaded.kind === "refused") {
    terminal.err(
      `Error: the daemon refuses the configuration and goes on with the one before: ${reloaded.reason}\n`,
    );
    return false;
  }
  out("Restarting Kanto Container-Management to apply changes...\n");
  return await restart(terminal, options, signal);
}

async function restart(terminal: Terminal, options: GlobalOptions, signal: AbortSignal): Promise<boolean> {
  let reason: string;
  try {
    const result = await runCommand(["systemctl", "restart", SERVICE], {
      timeoutMs: RESTART_LIMIT_MS,
      signal,
    });
    if (result.exitCode === 0) {
      if (options.verbose) terminal.out("Restart done.\n");
      return true;
    }
    reason = result.stderr.trim() || `systemctl ended with exit code ${result.exitCode}`;
  } catch (thrown) {
    signal.throwIfAborted();
    reason = toError(thrown).message;
  }
  terminal.err(
    `Error: the changes are stored, but ${SERVICE} could not be restarted: ${reason}\nRestart it by hand; "${PROGRAM} --no-reload" only stores changes.\n`,
  );
  return false;
}

type Reload =
  | { readonly kind: "done"; readonly warnings: readonly string[]; readonly needsRestart: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string }
  /** Nobody answers, or Kanto's daemon does, which cannot reload. */
  | { readonly kind: "none" };

async function askToReload(path: string, signal: AbortSignal): Promise<Reload> {
  let connection: DaemonConnection;
  try {
    const { protocol, addressPath } = loadConfig(path, new Map()).config.grpcServer;
    if (protocol !== "unix") return { kind: "none" };
    connection = new DaemonConnection({ unix: addressPath });
  } catch (thrown) {
    // Another fault of the file: the daemon tells it.
    if (!(thrown instanceof SupercargoError)) throw thrown;
    return { kind: "none" };
  }
  try {
    const { warnings, needsRestart } = await new SupercargoClient(connection).reload(signal);
    return { kind: "done", warnings, needsRestart };
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "SC_CONFIG_INVALID")) return { kind: "refused", reason: thrown.message };
    if (hasCode(thrown, "SC_DAEMON_UNAVAILABLE", "SC_UNSUPPORTED", "SC_TIMEOUT", "SC_CONNECT_FAILED"))
      return { kind: "none" };
    throw thrown;
  } finally {
    connection.close();
  }
}
