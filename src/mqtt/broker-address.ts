/** The broker's address as people write it: the URL forms of the peer (spec/config.md §3, `connection.broker_url`). */

import { SupercargoError } from "../errors/error.ts";

export interface BrokerAddress {
  readonly kind: "tcp" | "tls" | "ws" | "wss";
  readonly host: string;
  readonly port: number;
  /** Path and query of a WebSocket address, else "". */
  readonly path: string;
}

const KINDS: Readonly<Record<string, BrokerAddress["kind"]>> = {
  tcp: "tcp",
  mqtt: "tcp",
  ws: "ws",
  wss: "wss",
  ssl: "tls",
  tls: "tls",
  mqtts: "tls",
  "mqtt+ssl": "tls",
  tcps: "tls",
};
const PORTS = { tcp: 1883, tls: 8883, ws: 80, wss: 443 } as const;

function refuse(url: string, reason: string): SupercargoError {
  return new SupercargoError("SC_BROKER_CONFIG", `connection.broker_url is wrong: ${reason}`, {
    hint: `write it as tcp://host:1883 or ssl://host:8883; known: ${Object.keys(KINDS).join(", ")}`,
    fields: { brokerUrl: withoutCredentials(url) },
  });
}

/** For logs and messages. */
export function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}

/** Throws SC_BROKER_CONFIG. Credentials in the URL are not taken: they have keys of their own. */
export function parseBrokerUrl(url: string): BrokerAddress {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) throw refuse(url, "it has no scheme");
  const kind = KINDS[scheme];
  if (kind === undefined) throw refuse(url, `the scheme ${scheme} is not known`);
  let parsed: URL;
  try {
    parsed = new URL(url.replace(/^[^:]+:/, "http:"));
  } catch (cause) {
    throw new SupercargoError("SC_BROKER_CONFIG", "connection.broker_url is no URL", { cause });
  }
  if (parsed.hostname === "") throw refuse(url, "it has no host");
  // The port 80 of http is dropped by URL; only the text tells whether it was written.
  const written = /^[^:]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/.exec(url)?.[1];
  const port = written === undefined ? PORTS[kind] : Number(written);
  const isWeb = kind === "ws" || kind === "wss";
  return {
    kind,
    host: parsed.hostname.replace(/^\[|\]$/g, ""),
    port,
    path: isWeb ? `${parsed.pathname}${parsed.search}` : "",
  };
}
