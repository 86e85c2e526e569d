/**
 * Hosts files of containers on the bridge, kept true while others come and go.
 * Invariants: a file is changed in place (containers have it mounted) and only inside its block; refreshing all files takes
 * at most a twentieth of the time, so that 200 containers that start one after the other do not write 200 files each time.
 */

import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { toError } from "../errors/error.ts";
import { parseExtraHost } from "../model/extra-hosts.ts";
import { type BridgeNames, bridgeNames, linesFor } from "./bridge-names.ts";
import { resolveExtraHosts } from "./extra-hosts.ts";
import { editInPlace, hostFilePaths, hostLine, hostsText, ownNames } from "./host-files.ts";
import { joinHosts, namesIn, splitHosts } from "./hosts-block.ts";
import type { Entry } from "./record.ts";

/** A refresh is followed by this many times its own length in which the next one waits. */
const REST = 20;

export interface HostsKeeperOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What `host_ip` stands for. */
  readonly bridgeAddress: string;
  /** Containers that do not reach each other are not named to each other. */
  readonly icc: boolean;
  /** All that are attached or being made, now. */
  readonly entries: () => readonly Entry[];
}

export interface HostsContent {
  readonly text: string;
  /** What was left out, in words. */
  readonly warnings: readonly string[];
}

export class HostsKeeper {
  readonly #options: HostsKeeperOptions;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(options: HostsKeeperOptions) {
    this.#options = options;
  }

  /** The file of a container in bridge mode that is about to start. */
  contentFor(entry: Entry): HostsContent {
    const connected = [...this.#connected().filter((other) => other.id !== entry.id), entry];
    const names = this.#names(connected);
    const resolved = resolveExtraHosts(entry, this.#options.bridgeAddress, connected);
    const plain = hostsText(resolved.lines.filter((line) => !line.changes).map(hostLine), ownLine(entry));
    const doubles = [...names.ambiguous].filter(([, ids]) => ids.includes(entry.id));
    return {
      text: this.#edited(plain, entry, connected, names),
      warnings: [
        ...resolved.warnings,
        ...doubles.map(
          ([name, ids]) =>
            `the name ${name} leads to no container, because several bear it: ${ids.join(", ")}`,
        ),
      ],
    };
  }

  /** Containers came or went, or what entries ask for has changed: at once, or when the last time is long enough ago. */
  changed(): void {
    const { clock } = this.#options;
    if (this.#timer !== undefined) return;
    const waitMs = this.#notBeforeMs - clock.nowMs();
    if (waitMs <= 0) this.#refresh();
    else {
      this.#timer = clock.after(waitMs, () => {
        this.#timer = undefined;
        this.#refresh();
      });
    }
  }

  /** Does now what still waits. */
  end(): void {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#refresh();
  }

  /** A file that cannot be written concerns one container and must not fail the start of another: it is reported. */
  #refresh(): void {
    const { clock, log } = this.#options;
    const beginMs = clock.nowMs();
    const connected = this.#connected();
    const names = this.#names(connected);
    for (const entry of connected) {
      try {
        editInPlace(hostFilePaths(entry.filesDir).hosts, (text) =>
          this.#edited(text, entry, connected, names),
        );
      } catch (thrown) {
        log.warn(`cannot refresh the hosts file of container ${entry.id}: ${toError(thrown).message}`, {
          container: entry.id,
        });
      }
    }
    const endMs = clock.nowMs();
    this.#notBeforeMs = endMs + (endMs - beginMs) * REST;
  }

  #edited(text: string, entry: Entry, connected: readonly Entry[], names: BridgeNames): string {
    const parts = splitHosts(text, hostLine(ownLine(entry)));
    // A name that the user says something about stays the user's, also while that leads nowhere.
    const taken = namesIn(parts.before + parts.after);
    for (const extra of entry.extraHosts) taken.add(parseExtraHost(extra)?.name.toLowerCase() ?? "");
    const resolved = resolveExtraHosts(entry, this.#options.bridgeAddress, connected);
    const asked = resolved.lines.filter((line) => line.changes).map(hostLine);
    return joinHosts(parts, [...asked, ...linesFor(entry.id, names, taken)]);
  }

  #names(connected: readonly Entry[]): BridgeNames {
    return bridgeNames(this.#options.icc ? connected : []);
  }

  #connected(): Entry[] {
    return this.#options.entries().filter((entry) => entry.mode === "bridge" && entry.phase === "attached");
  }
}

function ownLine(entry: Entry) {
  return { address: entry.address, name: ownNames(entry.hostName, entry.domainName) };
}
