/** Keeps the process alive while a program waits for nothing but clocks: the timers of `Clock` do not. */

/** Longest pause that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** The process lives at least until this is disposed. */
export function keepAlive(): Disposable {
  const handle = setInterval(() => {}, LONGEST_MS);
  return { [Symbol.dispose]: () => clearInterval(handle) };
}
