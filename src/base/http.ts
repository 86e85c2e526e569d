/**
 * One HTTP request with the limits that `fetch` lacks: time until the answer's head, a least pace of its body, a bound
 * on what is read into memory. Redirects are never followed here and bodies never decoded: both are for the caller.
 */

/** How a server's certificate is judged and what we show of ourselves. All texts are PEM. */
export interface HttpTls {
  /** Certificates to trust; they replace the runtime's own. Empty: the runtime's own. */
  readonly roots: readonly string[];
  readonly verify: boolean;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export interface HttpLimits {
  /** From the call to the head of the answer: look-up, connect, TLS, request. */
  readonly headMs: number;
  /** A body has to bring `paceBytes` within each `paceMs` of waiting for it. */
  readonly paceMs: number;
  readonly paceBytes: number;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: HttpTls;
  /** Goes straight to the server even when a proxy is set in the environment. */
  readonly direct?: boolean;
  readonly limits: HttpLimits;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** The body as it comes over the wire. To be iterated once; leaving early closes the connection. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
  /** The whole body, or undefined when it is longer than `limitBytes`. */
  readAll(limitBytes: number): Promise<Uint8Array | undefined>;
  /** Gives the body up. */
  discard(): Promise<void>;
}

export type HttpFailureKind =
  | "timeout"
  | "refused"
  | "unresolved"
  | "unreachable"
  | "untrusted"
  | "tls"
  | "closed"
  | "protocol"
  | "other";

/** A request that got no (whole) answer. `message` is a reason in plain words without address. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";

  constructor(
    readonly kind: HttpFailureKind,
    message: string,
    /** The runtime's own code, such as `ECONNRESET`; empty when there is none. */
    readonly code = "",
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Sends one request. Throws HttpFailure, or the signal's reason when it aborts. */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  request.signal.throwIfAborted();
  const exchange = new Exchange(request);
  return exchange.start();
}

interface ChunkReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

class Exchange {
  readonly #controller = new AbortController();
  readonly #onAbort = () => this.#controller.abort(this.request.signal.reason);
  #timedOut: HttpFailure | undefined;

  constructor(private readonly request: HttpRequest) {
    request.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  async start(): Promise<HttpResponse> {
    const { request } = this;
    const timer = this.#limit(request.limits.headMs, `no answer within ${seconds(request.limits.headMs)}`);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: { "accept-encoding": "identity", ...request.headers },
        redirect: "manual",
        decompress: false,
        signal: this.#controller.signal,
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.tls === undefined ? {} : { tls: tlsOptions(request.tls) }),
        ...(request.direct === true ? { proxy: false } : {}),
      });
      clearTimeout(timer);
      return this.#wrap(response);
    } catch (thrown) {
      clearTimeout(timer);
      this.#release();
      throw this.#translate(thrown, "the connection was closed before an answer came");
    }
  }

  #wrap(response: Response): HttpResponse {
    const body = response.body;
    if (body === null) this.#release();
    const chunks = () => this.#chunks(body);
    return {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
      chunks,
      readAll: async (limitBytes) => {
        const parts: Uint8Array[] = [];
        let size = 0;
        for await (const chunk of chunks()) {
          size += chunk.length;
          if (size > limitBytes) return undefined;
          parts.push(chunk);
        }
        return Buffer.concat(parts);
      },
      discard: async () => {
        if (body !== null) await this.#giveUp(body);
      },
    };
  }

  async *#chunks(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array, void, undefined> {
    if (body === null) return;
    const { paceMs, paceBytes } = this.request.limits;
    const reader = body.getReader();
    let ended = false;
    let leftMs = paceMs;
    let received = 0;
    try {
      for (;;) {
        const next = await this.#read(reader, leftMs);
        if (next.chunk === undefined) {
          ended = true;
          return;
        }
        received += next.chunk.length;
        leftMs -= next.waitedMs;
        if (received >= paceBytes) {
          leftMs = paceMs;
          received = 0;
        }
        if (next.chunk.length > 0) yield next.chunk;
      }
    } finally {
      reader.releaseLock();
      if (ended) this.#release();
      else await this.#giveUp(body);
    }
  }

  /** One read; only the time spent waiting for the server counts, not the time that the consumer takes. */
  async #read(
    reader: ChunkReader,
    leftMs: number,
  ): Promise<{ chunk: Uint8Array | undefined; waitedMs: number }> {
    const { paceMs, paceBytes } = this.request.limits;
    const begun = performance.now();
    const timer = this.#limit(leftMs, `fewer than ${paceBytes} bytes came within ${seconds(paceMs)}`);
    try {
      const result = await reader.read();
      return { chunk: result.done ? undefined : result.value, waitedMs: performance.now() - begun };
    } catch (thrown) {
      throw this.#translate(thrown, "the connection was closed in the middle of the answer");
    } finally {
      clearTimeout(timer);
    }
  }

  async #giveUp(body: ReadableStream<Uint8Array>): Promise<void> {
    this.#release();
    const reason = new HttpFailure("closed", "the answer was given up");
    try {
      await body.cancel(reason);
      this.#controller.abort(reason);
    } catch {
      // A stream that is already broken or aborted cannot be cancelled, and need not be: its connection is gone.
      this.#controller.abort(reason);
    }
  }

  #limit(afterMs: number, message: string): ReturnType<typeof setTimeout> {
    return setTimeout(
      () => {
        this.#timedOut = new HttpFailure("timeout", message);
        this.#controller.abort(this.#timedOut);
      },
      Math.max(1, afterMs),
    );
  }

  #release(): void {
    this.request.signal.removeEventListener("abort", this.#onAbort);
  }

  #translate(thrown: unknown, closedText: string): unknown {
    if (this.request.signal.aborted) return this.request.signal.reason;
    return this.#timedOut ?? toHttpFailure(thrown, closedText);
  }
}

function tlsOptions(tls: HttpTls) {
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.roots.length === 0 || !tls.verify ? {} : { ca: [...tls.roots] }),
    ...(tls.clientCert === undefined ? {} : { cert: tls.clientCert }),
    ...(tls.clientKey === undefined ? {} : { key: tls.clientKey }),
  };
}

const CODES: Readonly<Record<string, readonly [HttpFailureKind, string]>> = {
  ECONNREFUSED: ["refused", "connect: connection refused"],
  ENOTFOUND: ["unresolved", "no such host"],
  EAI_AGAIN: ["unresolved", "the name cannot be looked up now"],
  EHOSTUNREACH: ["unreachable", "connect: no route to host"],
  ENETUNREACH: ["unreachable", "connect: network is unreachable"],
  ETIMEDOUT: ["timeout", "connect: timed out"],
  EPROTO: ["tls", "the TLS handshake failed"],
  ERR_TLS_CERT_ALTNAME_INVALID: ["untrusted", "the server's certificate is for another name"],
  CERT_NOT_YET_VALID: ["untrusted", "the server's certificate is not valid yet by this device's clock"],
  CERT_HAS_EXPIRED: ["untrusted", "the server's certificate has expired"],
};

/** Names the runtime's errors; `closedText` says where in the exchange a lost connection was lost. */
function toHttpFailure(thrown: unknown, closedText: string): HttpFailure {
  const code = codeOf(thrown);
  const known = CODES[code];
  if (known !== undefined) return new HttpFailure(known[0], known[1], code, thrown);
  if (code === "ECONNRESET" || code === "EPIPE") return new HttpFailure("closed", closedText, code, thrown);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (/CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO/.test(code)) {
    return new HttpFailure("untrusted", `the server's certificate is not trusted: ${text}`, code, thrown);
  }
  if (/HTTP|Header|Redirect|Decompress|Encoding/i.test(code)) {
    return new HttpFailure("protocol", `what came is not a valid HTTP answer (${code})`, code, thrown);
  }
  return new HttpFailure("other", text, code, thrown);
}

function codeOf(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") {
    return thrown.code;
  }
  return "";
}

function seconds(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms / 1000)} s` : `${ms} ms`;
}
