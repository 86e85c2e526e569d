/** Waits for the line `ready` of a program that a test has started; it may come in several pieces. */
export async function untilReady(output: ReadableStream<Uint8Array>): Promise<void> {
  const reader = output.getReader();
  let text = "";
  while (!text.includes("ready\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the program ended before it was ready, and said: ${text}`);
    text += Buffer.from(value).toString("utf8");
  }
  reader.releaseLock();
}
