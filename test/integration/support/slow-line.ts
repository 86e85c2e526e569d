/** A line to a broker that can be slow or dead without an end: a TCP proxy on a port of its own. */

import { connect, createServer, type Server, type Socket } from "node:net";

/** `slow`: small pieces with pauses; `dead`: nothing passes, and no end either; `refused`: who comes anew is sent away. */
export type LineMode = "open" | "slow" | "dead" | "refused";

const SLOW_BYTES = 1024;
const SLOW_MS = 4;

export class SlowLine {
  mode: LineMode = "open";
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(port: number): Promise<SlowLine> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const line = new SlowLine(server, address.port);
    server.on("connection", (near) => {
      if (line.mode === "refused") {
        near.destroy();
        return;
      }
      const far = connect(port, "127.0.0.1");
      line.#join(near, far);
      line.#join(far, near);
    });
    return line;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on("data", (chunk: Buffer) => void this.#pass(from, to, chunk));
    // Either end takes the other one with it.
    from.on("error", () => to.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  async #pass(from: Socket, to: Socket, chunk: Buffer): Promise<void> {
    if (this.mode === "dead") return;
    if (this.mode === "open" || this.mode === "refused") {
      to.write(chunk);
      return;
    }
    from.pause();
    for (let at = 0; at < chunk.length; at += SLOW_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      to.write(chunk.subarray(at, at + SLOW_BYTES));
    }
    from.resume();
  }
}
