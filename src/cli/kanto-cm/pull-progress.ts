/** How a pull goes on: a bar per layer with rate and rest time on a terminal, plain lines otherwise. */

import type { PullProgress } from "../../images/images.ts";
import { sizeText, spanText } from "../human-text.ts";
import { RepaintedBlock, type Screen } from "../repainted-block.ts";

export interface PullView extends Disposable {
  show(progress: PullProgress): void;
}

interface Layer {
  readonly progress: PullProgress;
  /** When its first byte of this pull came, and how much was there before (a resumed one). */
  readonly startedMs: number;
  readonly startedBytes: number;
}

/** A rate is none before this. */
const LEAST_RATE_MS = 250;
const REPAINT_MS = 100;
const BAR_WIDTH = 24;
const DIGEST_LETTERS = 12;

function shortDigest(digest: string): string {
  return digest.replace(/^sha\d+:/, "").slice(0, DIGEST_LETTERS);
}

/** What is known of the layers so far. */
export class PullState {
  readonly #layers = new Map<string, Layer>();

  /** Whether the phase of a layer changed. */
  take(progress: PullProgress, nowMs: number): boolean {
    const before = this.#layers.get(progress.layerDigest);
    const isFresh = before === undefined || before.progress.phase === "waiting";
    this.#layers.set(progress.layerDigest, {
      progress,
      startedMs: isFresh ? nowMs : before.startedMs,
      startedBytes: isFresh ? progress.receivedBytes : before.startedBytes,
    });
    return before?.progress.phase !== progress.phase;
  }

  /** One line a layer, in the order of their coming. */
  lines(nowMs: number): string[] {
    return [...this.#layers.values()].map((layer) => layerLine(layer, nowMs));
  }
}

function layerLine({ progress, startedMs, startedBytes }: Layer, nowMs: number): string {
  const { layerDigest, receivedBytes, totalBytes, phase } = progress;
  const head = `${shortDigest(layerDigest)}  ${phase.padEnd(9)}`;
  if (phase === "waiting") return head;
  const share = totalBytes === 0 ? 1 : Math.min(1, receivedBytes / totalBytes);
  const filled = phase === "done" || phase === "unpacking" ? BAR_WIDTH : Math.floor(share * BAR_WIDTH);
  const bar = `[${"=".repeat(filled)}${" ".repeat(BAR_WIDTH - filled)}]`;
  if (phase !== "fetching") return `${head}  ${bar}  ${sizeText(totalBytes)}`;
  const amounts = `${sizeText(receivedBytes)} / ${sizeText(totalBytes)}`;
  const tookMs = nowMs - startedMs;
  const rate = tookMs < LEAST_RATE_MS ? 0 : ((receivedBytes - startedBytes) / tookMs) * 1000;
  if (rate <= 0) return `${head}  ${bar}  ${amounts}`;
  const restMs = ((totalBytes - receivedBytes) / rate) * 1000;
  return `${head}  ${bar}  ${amounts}  ${sizeText(rate)}/s  ${spanText(restMs)} left`;
}

/** Bars that are painted again in place. */
export class PullBars implements PullView {
  readonly #state = new PullState();
  readonly #block: RepaintedBlock;
  #paintedMs = Number.NEGATIVE_INFINITY;

  constructor(
    screen: Screen,
    private readonly nowMs: () => number,
  ) {
    this.#block = new RepaintedBlock(screen);
  }

  show(progress: PullProgress): void {
    const nowMs = this.nowMs();
    const isNews = this.#state.take(progress, nowMs);
    if (isNews || nowMs - this.#paintedMs >= REPAINT_MS) this.#paint(nowMs);
  }

  [Symbol.dispose](): void {
    this.#paint(this.nowMs());
    this.#block[Symbol.dispose]();
  }

  #paint(nowMs: number): void {
    this.#paintedMs = nowMs;
    this.#block.paint(this.#state.lines(nowMs));
  }
}

/** One line when a layer begins something new. */
export class PullLines implements PullView {
  readonly #state = new PullState();

  constructor(
    private readonly write: (text: string) => void,
    private readonly nowMs: () => number,
  ) {}

  show(progress: PullProgress): void {
    if (!this.#state.take(progress, this.nowMs()) || progress.phase === "waiting") return;
    const size = progress.totalBytes === 0 ? "" : ` (${sizeText(progress.totalBytes)})`;
    this.write(`${shortDigest(progress.layerDigest)} ${progress.phase}${size}\n`);
  }

  [Symbol.dispose](): void {}
}
