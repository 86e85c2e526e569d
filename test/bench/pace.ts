/** How often things are measured, and the end of the time that may be spent on it. */

export class Pace {
  readonly #startedMs = performance.now();

  constructor(
    readonly isQuick: boolean,
    private readonly limitMs: number,
  ) {}

  get isOver(): boolean {
    return performance.now() - this.#startedMs > this.limitMs;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Runs rounds one after the other: `full` of them, fewer when in a hurry, at least one. */
  async rounds(full: number, quick: number, round: (index: number) => Promise<void>): Promise<void> {
    const count = this.isQuick ? quick : full;
    for (let index = 0; index < count && (index === 0 || !this.isOver); index++) await round(index);
  }
}

/** How long something takes, in ms. */
export async function timed(act: () => Promise<unknown> | unknown): Promise<number> {
  const startedMs = performance.now();
  await act();
  return performance.now() - startedMs;
}
