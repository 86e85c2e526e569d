/**
 * Tells when something happened to an empty FIFO, without reading from it: a stream of the runtime would read ahead, and what
 * it had read is lost when the process is killed. One inotify descriptor serves any number of FIFOs; only its events are
 * read through a stream. A watch is for one event, so a busy FIFO costs nothing here.
 */

import { closeSync } from "node:fs";
import { addWatch, errnoName, openInotify, removeWatch } from "./libc.ts";

const MODIFY = 0x2;
const CLOSE_WRITE = 0x8;
const OVERFLOW = 0x4000;
const ONESHOT = 0x80000000;
/** wd, mask, cookie, length of the name: none for a watched file. */
const EVENT_BYTES = 16;
/** How often to look when the kernel gives no watch (too many in use). */
const LOOK_MS = 20;

/** `wasClosed`: a writer has closed the FIFO. */
export type OnRing = (wasClosed: boolean) => void;

export class FifoBell {
  #inotify: number | undefined;
  #events: ReturnType<typeof streamOf> | undefined;
  #isUnavailable = false;
  /** By number of the watch; two who wait for one FIFO share it. */
  readonly #waiting = new Map<number, Set<OnRing>>();

  /** `onUnavailable`: called once with the reason when the kernel refuses a watch; such FIFOs are looked at every 20 ms instead. */
  constructor(private readonly onUnavailable: (thrown: unknown) => void = () => {}) {}

  /**
   * Calls back once: at the next write or close by a writer, or for no reason. Look at the FIFO after this call and before
   * waiting, since what came before it is not told. Answers a function that takes it back.
   */
  next(descriptor: number, onRing: OnRing): () => void {
    const watch = this.#watch(descriptor);
    if (watch === undefined) {
      const timer = setTimeout(onRing, LOOK_MS, false);
      return () => clearTimeout(timer);
    }
    const waiting = this.#waiting.get(watch) ?? new Set();
    this.#waiting.set(watch, waiting);
    waiting.add(onRing);
    return () => {
      if (!waiting.delete(onRing) || waiting.size > 0) return;
      this.#waiting.delete(watch);
      if (this.#inotify !== undefined) this.#remove(this.#inotify, watch);
    };
  }

  /** Gives the descriptor back; who waits is called. */
  async close(): Promise<void> {
    const inotify = this.#inotify;
    this.#inotify = undefined;
    this.#ringAll();
    await this.#events?.cancel();
    this.#events = undefined;
    if (inotify !== undefined) closeSync(inotify);
  }

  #watch(descriptor: number): number | undefined {
    try {
      if (this.#inotify === undefined) this.#open();
      if (this.#inotify === undefined) return undefined;
      // By descriptor: the name may be gone already.
      return addWatch(this.#inotify, `/proc/self/fd/${descriptor}`, MODIFY | CLOSE_WRITE | ONESHOT);
    } catch (thrown) {
      // EMFILE, ENOSPC: limits of inotify; ENOSYS, ENOENT: none, or no /proc.
      if (errnoName(thrown) === undefined) throw thrown;
      if (!this.#isUnavailable) this.onUnavailable(thrown);
      this.#isUnavailable = true;
      return undefined;
    }
  }

  #open(): void {
    const inotify = openInotify();
    this.#inotify = inotify;
    const events = streamOf(inotify);
    this.#events = events;
    void this.#listen(events);
  }

  async #listen(events: ReturnType<typeof streamOf>): Promise<void> {
    for (;;) {
      const { value, done } = await events.read();
      if (done) return;
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
      for (let at = 0; at + EVENT_BYTES <= view.byteLength; at += EVENT_BYTES) {
        const mask = view.getUint32(at + 4, true);
        if ((mask & OVERFLOW) !== 0) this.#ringAll();
        else this.#ring(view.getInt32(at, true), (mask & CLOSE_WRITE) !== 0);
      }
    }
  }

  /** Also for the note that a watch has ended, for whatever reason. */
  #ring(watch: number, wasClosed: boolean): void {
    const waiting = this.#waiting.get(watch);
    this.#waiting.delete(watch);
    for (const onRing of waiting ?? []) onRing(wasClosed);
    waiting?.clear();
  }

  #ringAll(): void {
    for (const watch of [...this.#waiting.keys()]) this.#ring(watch, false);
  }

  #remove(inotify: number, watch: number): void {
    try {
      removeWatch(inotify, watch);
    } catch (thrown) {
      // It has just rung: the event is on its way.
      if (errnoName(thrown) !== "EINVAL") throw thrown;
    }
  }
}

function streamOf(descriptor: number) {
  return Bun.file(descriptor).stream().getReader();
}
