/** Waiting for what nothing announces: other programs, files, the kernel's clearing up. */

const LOOK_EVERY_MS = 10;
const LIMIT_MS = 10_000;

/** Resolves as soon as the condition holds; rejects with what was waited for when it does not within the limit. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = LIMIT_MS,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endMs) {
      throw new Error(`not within ${limitMs / 1000} s: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise<void>((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
