/** A private mosquitto (Debian's) on a port of its own, plain or with TLS, that can be killed and started again. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIMIT_MS = 20_000;

export interface BrokerStart {
  /** PEM files; with `clientCa` only clients that show a certificate of it come in. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** Default: a free one. */
  readonly port?: number;
  /** Text of the password file (mosquitto_passwd's form); without it everyone comes in. */
  readonly passwords?: string;
  /** Whether it keeps sessions over an orderly end. */
  readonly isPersistent?: boolean;
  /** More lines of the configuration. */
  readonly lines?: readonly string[];
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      server.close(() => resolve(address.port));
    });
  });
}

export class PrivateBroker {
  #child: Bun.Subprocess<"ignore", "ignore", "pipe"> | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  /** Makes the configuration; `start` starts it. */
  static async make(options: BrokerStart = {}): Promise<PrivateBroker> {
    const folder = mkdtempSync(join(tmpdir(), "sc-broker-"));
    const port = options.port ?? (await freePort());
    const lines = ["user root", `listener ${port} 127.0.0.1`, "log_dest stderr", "log_type all"];
    if (options.passwords === undefined) lines.push("allow_anonymous true");
    else {
      writeFileSync(join(folder, "passwords"), options.passwords, { mode: 0o600 });
      lines.push("allow_anonymous false", `password_file ${join(folder, "passwords")}`);
    }
    if (options.isPersistent === true) lines.push("persistence true", `persistence_location ${folder}/`);
    const { tls } = options;
    if (tls !== undefined) {
      lines.push(`certfile ${tls.cert}`, `keyfile ${tls.key}`);
      if (tls.clientCa !== undefined) lines.push(`cafile ${tls.clientCa}`, "require_certificate true");
    }
    writeFileSync(join(folder, "mosquitto.conf"), `${[...lines, ...(options.lines ?? [])].join("\n")}\n`);
    return new PrivateBroker(port, folder);
  }

  static async start(options: BrokerStart = {}): Promise<PrivateBroker> {
    const broker = await PrivateBroker.make(options);
    await broker.start();
    return broker;
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error("the broker does not run");
    return this.#child.pid;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const child = Bun.spawn(["/usr/sbin/mosquitto", "-c", join(this.folder, "mosquitto.conf")], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error("mosquitto did not start in time")), LIMIT_MS);
    let text = "";
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stderr) {
        text = (text + decoder.decode(chunk)).slice(-20_000);
        if (/mosquitto version \S+ running/.test(text)) resolve();
      }
      reject(new Error(`mosquitto ended: ${text}`));
    };
    read().catch(reject);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it in order: with `persistence` it keeps what sessions wait for. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGTERM");
    await child?.exited;
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill(9);
    await child?.exited;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
