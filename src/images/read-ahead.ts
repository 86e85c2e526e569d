/**
 * Takes what a source sends as soon as it comes, up to a bound, while the consumer is still busy with what came before:
 * the runtime drops what it has received and not yet handed on when the connection breaks.
 */

/**
 * The same chunks in the same order; the source's failure is thrown after the last chunk that came before it. Ended early,
 * it calls `giveUp`, which has to end a pending read of the source, and waits until the source is closed.
 * @param limitBytes the source is not read while so many bytes or more are waiting
 */
export async function* readAhead(
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
  giveUp: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isLeft = false;
  let end: { readonly failure?: { readonly thrown: unknown } } | undefined;
  let news = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  const pump = async () => {
    try {
      for await (const chunk of source) {
        waiting.push(chunk);
        waitingBytes += chunk.length;
        news.resolve();
        while (waitingBytes >= limitBytes && !isLeft) {
          room = Promise.withResolvers<void>();
          await room.promise;
        }
        if (isLeft) break;
      }
      end = {};
    } catch (thrown) {
      end = { failure: { thrown } };
    }
    news.resolve();
  };
  const pumping = pump();
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        waitingBytes -= chunk.length;
        room.resolve();
        yield chunk;
      } else if (end !== undefined) {
        break;
      } else {
        news = Promise.withResolvers<void>();
        await news.promise;
      }
    }
  } finally {
    isLeft = true;
    room.resolve();
    if (end === undefined) giveUp();
    await pumping;
  }
  if (end.failure !== undefined) throw end.failure.thrown;
}
