/** When the runtime compiles to machine code: not in a program's first moments. */

/** Who still runs then is no command that prints something and ends; a daemon answers by then. */
const FIRST_MOMENTS_MS = 100;

/**
 * The executable is built so that it begins with interpreting alone (`--compile-jit-policy`, scripts/project/build.mjs):
 * what is compiled for a command of ten milliseconds is never used, and costs one or two of them. This brings back the
 * usual measure in time.
 */
export function compileAfterFirstMoments(): void {
  setTimeout(() => Bun.unsafe.setJITPolicy(1), FIRST_MOMENTS_MS).unref();
}
