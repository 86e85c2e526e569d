/**
 * The TLS files of a registry (spec/config.md §4). The peer falls back to default TLS when one is wrong; here a wrong
 * file is an error that names file and registry, because a pull without the wanted certificate fails later and darker.
 */

import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { HttpTls } from "../base/http.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { Transport } from "./settings.ts";

const FILE_LIMIT_BYTES = 1024 * 1024;

/** Where distributions keep the roots that the administrator of the device trusts; the first that exists is taken. */
const ROOT_FILES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
] as const;

/** TLS settings for a registry without `transport`: system roots, certificate checked. */
export async function defaultTls(): Promise<HttpTls> {
  return { roots: await systemRoots(), verify: true };
}

/** No certificate is checked; the digests of what is fetched still are. */
export const UNVERIFIED_TLS: HttpTls = { roots: [], verify: false };

/**
 * Reads and checks the files. `rootCa` may stand alone; certificate and key only together.
 * Throws SC_REGISTRY_CONFIG.
 */
export async function loadTransport(host: string, transport: Transport): Promise<HttpTls> {
  const roots = await systemRoots();
  const rootCa = await readPart(host, "root_ca", transport.rootCa, ".crt");
  const clientCert = await readPart(host, "client_cert", transport.clientCert, ".cert");
  const clientKey = await readPart(host, "client_key", transport.clientKey, ".key");
  if (rootCa === undefined && clientCert === undefined && clientKey === undefined) {
    throw refuse(host, "transport", "", "TLS configuration data is missing");
  }
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    const missing = clientCert === undefined ? "client_cert" : "client_key";
    throw refuse(host, missing, "", "it is missing: client_cert and client_key belong together");
  }
  await checkCertificates(host, "root_ca", transport.rootCa, rootCa);
  await checkCertificates(host, "client_cert", transport.clientCert, clientCert);
  await checkKey(host, transport.clientKey, clientKey, clientCert);
  return {
    roots: rootCa === undefined ? roots : [...roots, rootCa],
    verify: true,
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
  };
}

async function readPart(
  host: string,
  key: string,
  path: string | undefined,
  suffix: string,
): Promise<string | undefined> {
  if (path === undefined || path === "") return undefined;
  if (!isAbsolute(path)) throw refuse(host, key, path, `provided path must be absolute - ${path}`);
  if (!path.endsWith(suffix)) {
    const found = /\.[^./]*$/.exec(path)?.[0] ?? "";
    throw refuse(host, key, path, `unsupported file format ${found} - must be ${suffix}`);
  }
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch (cause) {
    throw refuse(host, key, path, toError(cause).message, cause);
  }
  if (text.length === 0) throw refuse(host, key, path, "the file is empty");
  if (text.length > FILE_LIMIT_BYTES) throw refuse(host, key, path, `over ${FILE_LIMIT_BYTES} bytes`);
  return text.toString("utf8");
}

/** The runtime's own words for a bad PEM mislead (pitfalls §9), so it is read here first. */
async function checkCertificates(host: string, key: string, path = "", pem?: string): Promise<void> {
  if (pem === undefined) return;
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (blocks === null) throw refuse(host, key, path, "it holds no PEM certificate");
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw refuse(host, key, path, "it holds a certificate that cannot be read", cause);
    }
  }
}

async function checkKey(host: string, path = "", pem?: string, certificate?: string): Promise<void> {
  if (pem === undefined || certificate === undefined) return;
  const { createPrivateKey, X509Certificate } = process.getBuiltinModule("node:crypto");
  let matches: boolean;
  try {
    matches = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(pem));
  } catch (cause) {
    throw refuse(host, "client_key", path, "it holds no unencrypted PEM private key", cause);
  }
  if (!matches) throw refuse(host, "client_key", path, "it does not belong to client_cert");
}

async function systemRoots(): Promise<readonly string[]> {
  const named = process.env.SSL_CERT_FILE;
  const candidates = named === undefined || named === "" ? ROOT_FILES : [named, ...ROOT_FILES];
  for (const path of candidates) {
    const text = await readOptional(path);
    if (text?.includes("BEGIN CERTIFICATE")) return [text];
  }
  const { rootCertificates } = process.getBuiltinModule("node:tls");
  return rootCertificates;
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

function isAbsent(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return false;
  return ["ENOENT", "ENOTDIR", "EACCES", "EISDIR"].includes(String(thrown.code));
}

function refuse(host: string, key: string, path: string, reason: string, cause?: unknown): SupercargoError {
  const where = path === "" ? key : `${key} ${path}`;
  return new SupercargoError(
    "SC_REGISTRY_CONFIG",
    `TLS configuration of registry ${host} is wrong: ${where}: ${reason}`,
    {
      hint: `correct containers.registry_configurations["${host}"].transport`,
      fields: { registry: host, key, file: path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
