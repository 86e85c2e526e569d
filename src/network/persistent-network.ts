/**
 * A network that cannot be set up must not keep the daemon from its containers: those that run go on, those in host mode
 * start, a start on the bridge tries again and is refused with the reason. Meanwhile the set-up is tried again and again.
 * Invariant: until the set-up succeeds nothing of the running containers is touched.
 */

import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import { attachmentOf } from "./attachment.ts";
import { checkExtraHosts } from "./extra-hosts.ts";
import { writeHostModeFiles } from "./host-files.ts";
import { checkContainerId, randomId } from "./id.ts";
import type { Network, NetworkAttachment, NetworkRequest, RunningContainer } from "./network.ts";
import { hostEntry } from "./new-entry.ts";
import { MACHINE_FILES, type NetworkOptions } from "./options.ts";

const FIRST_RETRY_MS = 2_000;
/** When the reason is gone, the network is there within half a minute (reliability R6). */
const RETRY_CAP_MS = 20_000;
/** A set-up takes tens of milliseconds; each program in it has a limit of its own. */
const TRY_LIMIT_MS = 60_000;

export class PersistentNetwork implements Network {
  readonly #inner: Network;
  readonly #options: NetworkOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  /** Ids for host mode while there is no record. */
  readonly #ids = { networkId: randomId(), hostNetworkId: randomId(), controllerId: randomId() };
  readonly #hostMode = new Map<string, NetworkAttachment>();
  readonly #end = new AbortController();
  #failure: Error | undefined;
  #keep = new Set<string>();
  #running: readonly RunningContainer[] = [];
  #names = new Map<string, string>();
  #opening: Promise<void> | undefined;
  #timer: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(inner: Network, options: NetworkOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#log = options.log.module("network");
    this.#clock = options.clock;
  }

  async open(
    keep: ReadonlySet<string>,
    signal: AbortSignal,
    running: readonly RunningContainer[] = [],
  ): Promise<void> {
    this.#keep = new Set(keep);
    this.#running = running;
    await this.#try(signal);
    signal.throwIfAborted();
  }

  async check(request: NetworkRequest, replacing: string | undefined, signal: AbortSignal): Promise<void> {
    if (request.mode === "host" && this.#failure !== undefined) return checkHostMode(request);
    await this.#demandSetUp(signal);
    await this.#inner.check(request, replacing, signal);
  }

  async attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment> {
    if (request.mode === "host") {
      // A set-up that is under way would not write into the record what starts meanwhile.
      while (this.#opening !== undefined) await this.#opening;
      if (this.#failure !== undefined) return this.#attachToHost(request);
    }
    await this.#demandSetUp(signal);
    this.#hostMode.delete(request.id);
    return await this.#inner.attach(request, signal);
  }

  attached(id: string): NetworkAttachment | undefined {
    return this.#hostMode.get(id) ?? (this.#failure === undefined ? this.#inner.attached(id) : undefined);
  }

  problems(): readonly Problem[] {
    const failure = this.#failure;
    if (failure === undefined) return this.#inner.problems();
    const { code, hint } =
      failure instanceof SupercargoError ? failure : { code: "SC_NETWORK_FAILED", hint: undefined };
    return [{ code, message: failedText(failure), hint: hint ?? "", subject: "network" }];
  }

  rename(id: string, name: string): void {
    if (this.#failure === undefined) this.#inner.rename(id, name);
    else this.#names.set(id, name);
  }

  /** While the set-up fails, what is released is taken away by the one that succeeds. */
  async release(id: string): Promise<void> {
    this.#hostMode.delete(id);
    this.#keep.delete(id);
    await this.#opening;
    if (this.#failure === undefined) await this.#inner.release(id);
  }

  async close(remove: boolean): Promise<void> {
    this.#end.abort(new SupercargoError("SC_CANCELLED", "the network is closed"));
    this.#timer?.cancel();
    await this.#opening;
    await this.#inner.close(remove);
  }

  /** Host mode needs no set-up. The record has it from the set-up that succeeds. */
  #attachToHost(request: NetworkRequest): NetworkAttachment {
    checkHostMode(request);
    const { id } = request;
    const entry = hostEntry(request);
    const warnings = writeHostModeFiles(entry, this.#options.machineFiles ?? MACHINE_FILES);
    const attachment = attachmentOf({ ...entry, warnings }, this.#ids, this.#options.execDir);
    this.#hostMode.set(id, attachment);
    this.#keep.add(id);
    const others = this.#running.filter((container) => container.request.id !== id);
    // Its network namespace is the machine's, as ours is.
    this.#running = [...others, { request, pid: process.pid, settings: attachment.settings }];
    return attachment;
  }

  /** @throws why there is no bridge, also after another try */
  async #demandSetUp(signal: AbortSignal): Promise<void> {
    if (this.#failure === undefined) return;
    await this.#try(signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** One try at a time; those who come meanwhile wait for it. Never throws: the failure is kept. */
  async #try(signal: AbortSignal): Promise<void> {
    this.#opening ??= this.#open(AbortSignal.any([signal, this.#end.signal])).finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#timer?.cancel();
    try {
      await this.#inner.open(this.#keep, signal, this.#stillRunning());
      if (this.#failure !== undefined) this.#log.info("the network is set up now");
      this.#failure = undefined;
      this.#renameLate();
    } catch (thrown) {
      const failure = toError(thrown);
      if (!signal.aborted && failure.message !== this.#failure?.message) {
        this.#log.error(failedText(failure));
      }
      this.#failure = failure;
      if (!this.#end.signal.aborted) this.#tryLater();
    }
  }

  /** Names that were given while there was no record. One that the disk refuses is no reason to open a second time. */
  #renameLate(): void {
    for (const [id, name] of this.#names) {
      try {
        this.#inner.rename(id, name);
      } catch (thrown) {
        this.#log.warn(
          `the new name of container ${id} is written down with the next change of the network: ${toError(thrown).message}`,
          { container: id, name },
        );
      }
    }
    this.#names.clear();
  }

  /** Those of the start and those started in host mode since, as far as they were not released. */
  #stillRunning(): readonly RunningContainer[] {
    return this.#running.filter(({ request }) => this.#keep.has(request.id));
  }

  #tryLater(): void {
    this.#timer = this.#clock.after(this.#retryMs, () => {
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_CAP_MS);
      void this.#try(AbortSignal.timeout(TRY_LIMIT_MS));
    });
  }
}

function failedText({ message }: Error): string {
  return `the containers' network cannot be set up, it is tried again: ${message}; containers on the bridge do not start until then`;
}

function checkHostMode(request: NetworkRequest): void {
  checkContainerId(request.id);
  checkExtraHosts(request.extraHosts);
}
