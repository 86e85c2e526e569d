/** Metadata as header fields and back (grpc/grpc, doc/PROTOCOL-HTTP2.md: Custom-Metadata). */

import { Metadata } from "./metadata.ts";

/** Fields that belong to the protocol and not to the application. */
const PROTOCOL_FIELDS: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "te",
  "user-agent",
  "host",
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-message-type",
  "grpc-status",
  "grpc-message",
]);

/** Appends metadata to a list of name, value, name, value ... */
export function appendMetadata(fields: string[], metadata: Metadata | undefined): void {
  if (metadata === undefined) return;
  for (const [key, value] of metadata.entries()) {
    fields.push(
      key,
      typeof value === "string" ? value : Buffer.from(value).toString("base64").replace(/=+$/, ""),
    );
  }
}

/** The application's part of received fields. Several bytes in one field are separated by commas. */
export function readMetadata(fields: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? "";
    const value = fields[at + 1] ?? "";
    if (PROTOCOL_FIELDS.has(name)) continue;
    if (!name.endsWith("-bin")) {
      metadata.addReceived(name, value);
      continue;
    }
    for (const part of value.split(",")) {
      metadata.addReceived(name, new Uint8Array(Buffer.from(part.trim(), "base64")));
    }
  }
  return metadata;
}
