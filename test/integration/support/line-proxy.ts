/** A line to a server that delays, slows down, cuts and corrupts what the server sends, at chosen bytes of each connection. */

import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface LineFault {
  /** Breaks the connection when so many bytes have gone to the client. */
  readonly cutAfter?: number;
  /** Number of the byte in which one bit is wrong. */
  readonly flipAt?: number;
  readonly delayMs?: number;
  /** Sends nothing more after so many bytes, and keeps the connection. */
  readonly stallAfter?: number;
  readonly bytesPerSecond?: number;
}

export class LineProxy {
  /** What is wrong with connection number n (from 0). */
  fault: (connection: number) => LineFault = () => ({});
  connections = 0;
  /** Bytes that went to clients. */
  sentBytes = 0;
  /** What clients have sent, as text. */
  asked = "";
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#serve(client));

  private constructor(private readonly port: number) {}

  /** @param target `host:port` of the server */
  static async start(target: string): Promise<LineProxy> {
    const proxy = new LineProxy(Number(target.split(":").at(-1)));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get host(): string {
    const address = this.#server.address() as AddressInfo;
    return `localhost:${address.port}`;
  }

  /** As at the start: connections that clients keep for later are gone. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.fault = () => ({});
    this.connections = 0;
    this.sentBytes = 0;
    this.asked = "";
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(client: Socket): void {
    const fault = this.fault(this.connections++);
    const server = connect(this.port, "127.0.0.1");
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      // A line that breaks is what this is for.
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on("data", (data) => {
      this.asked += data.toString("latin1");
      server.write(data);
    });
    let sent = 0;
    server.on("data", (data) => {
      server.pause();
      const bytes = Buffer.from(data);
      const { cutAfter = Number.POSITIVE_INFINITY, stallAfter = Number.POSITIVE_INFINITY } = fault;
      const { flipAt = -1, delayMs = 0, bytesPerSecond } = fault;
      if (flipAt >= sent && flipAt < sent + bytes.length)
        bytes[flipAt - sent] = (bytes[flipAt - sent] ?? 0) ^ 1;
      const part = bytes.subarray(0, Math.max(0, Math.floor(Math.min(cutAfter, stallAfter)) - sent));
      sent += part.length;
      const pauseMs = delayMs + (bytesPerSecond === undefined ? 0 : (1000 * part.length) / bytesPerSecond);
      const isStalled = part.length < bytes.length && stallAfter < cutAfter;
      const send = () => {
        if (client.destroyed) return;
        this.sentBytes += part.length;
        client.write(part, () => {
          if (sent >= cutAfter) client.destroy();
          else if (!isStalled) server.resume();
        });
      };
      if (pauseMs === 0) send();
      else setTimeout(send, pauseMs);
    });
  }
}
