/** A token server as docker-registry trusts it: JSON web tokens signed with a certificate of the test's authority. */

import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** docker-registry takes a token so much longer than the token says. */
const LEEWAY_SECONDS = 60;

export interface TokenServerOptions {
  readonly cert: string;
  readonly key: string;
  readonly login: { readonly userId: string; readonly password: string };
}

export class TokenServer {
  static readonly service = "test registry";
  static readonly issuer = "test issuer";
  /** How long the registry takes a token. */
  lifetimeSeconds = 300;
  issued = 0;
  /** Authorization headers that it got. */
  readonly signed: string[] = [];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  private constructor(private readonly options: TokenServerOptions) {}

  static async start(options: TokenServerOptions): Promise<TokenServer> {
    const server = new TokenServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get realm(): string {
    const address = this.#server.address() as AddressInfo;
    return `http://localhost:${address.port}/token`;
  }

  /** A token for `actions` on a repository. */
  issue(repository: string, actions: readonly string[]): string {
    this.issued++;
    const nowSeconds = Math.floor(Date.now() / 1000);
    const certificate = readFileSync(this.options.cert, "utf8").replace(/-----[^-]+-----|\s/g, "");
    const header = { typ: "JWT", alg: "ES256", x5c: [certificate] };
    const claims = {
      iss: TokenServer.issuer,
      sub: this.options.login.userId,
      aud: TokenServer.service,
      exp: nowSeconds + this.lifetimeSeconds - LEEWAY_SECONDS,
      nbf: nowSeconds - 2 * LEEWAY_SECONDS,
      iat: nowSeconds - 2 * LEEWAY_SECONDS,
      jti: String(this.issued),
      access: [{ type: "repository", name: repository, actions }],
    };
    const text = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const key = createPrivateKey(readFileSync(this.options.key));
    const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const header = request.headers.authorization ?? "";
    this.signed.push(header);
    const { userId, password } = this.options.login;
    if (header !== `Basic ${Buffer.from(`${userId}:${password}`).toString("base64")}`) {
      response.writeHead(401, { "content-type": "application/json" });
      response.end('{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}');
      return;
    }
    const scope = new URL(request.url ?? "", this.realm).searchParams.get("scope") ?? "";
    const [, repository = "", actions = ""] = /^repository:([^:]+):(.+)$/.exec(scope) ?? [];
    // It says that tokens live long, so that only the registry's refusal tells that one is over.
    response.end(JSON.stringify({ token: this.issue(repository, actions.split(",")), expires_in: 3600 }));
  }
}
