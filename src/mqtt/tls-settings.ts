/** The TLS files of `connection.transport`, read at each connect so that renewed certificates are taken. */

import { readFile } from "node:fs/promises";
import { SupercargoError, toError } from "../errors/error.ts";

export interface TlsSettings {
  /** PEM; undefined: the roots that the runtime knows. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const FILE_LIMIT_BYTES = 1024 * 1024;

function refuse(key: string, path: string, reason: string, cause?: unknown): SupercargoError {
  return new SupercargoError(
    "SC_BROKER_CONFIG",
    `TLS configuration of the broker is wrong: ${key} ${path}: ${reason}`,
    {
      hint: "correct connection.transport",
      fields: { key, file: path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

async function readPem(key: string, path: string, label: RegExp): Promise<string | undefined> {
  if (path === "") return undefined;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw refuse(key, path, toError(cause).message, cause);
  }
  if (text.length > FILE_LIMIT_BYTES) throw refuse(key, path, `over ${FILE_LIMIT_BYTES} bytes`);
  if (!label.test(text)) throw refuse(key, path, "it does not hold what it should in PEM form");
  return text;
}

/** Throws SC_BROKER_CONFIG that names key and file. Certificate and key belong together. */
export async function readTlsFiles(transport: {
  readonly rootCa: string;
  readonly clientCert: string;
  readonly clientKey: string;
}): Promise<TlsSettings> {
  const ca = await readPem("root_ca", transport.rootCa, /-----BEGIN CERTIFICATE-----/);
  const cert = await readPem("client_cert", transport.clientCert, /-----BEGIN CERTIFICATE-----/);
  const key = await readPem("client_key", transport.clientKey, /-----BEGIN [A-Z ]*PRIVATE KEY-----/);
  if ((cert === undefined) !== (key === undefined)) {
    throw refuse(cert === undefined ? "client_cert" : "client_key", "", "missing: both belong together");
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
