/** Certificates for tests, made by openssl in a folder of their own: an authority, a server (localhost, and registry.invalid behind a proxy) and a client. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestCertificates {
  readonly folder: string;
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
  remove(): void;
}

export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), "sc-certs-"));
  const at = (name: string) => join(folder, name);
  const keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...keys,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.crt"),
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  const sign = (name: string, suffix: string, extensions: string) => {
    writeFileSync(at(`${name}.ext`), extensions);
    openssl("req", ...keys, "-keyout", at(`${name}.key`), "-out", at(`${name}.csr`), "-subj", `/CN=${name}`);
    openssl(
      ..."x509 -req -days 2 -CAcreateserial".split(" "),
      ...["-in", at(`${name}.csr`), "-CA", at("ca.crt"), "-CAkey", at("ca.key")],
      ...["-out", at(`${name}.${suffix}`), "-extfile", at(`${name}.ext`)],
    );
  };
  sign(
    "server",
    "crt",
    "subjectAltName=DNS:localhost,DNS:registry.invalid\nextendedKeyUsage=serverAuth,clientAuth\n",
  );
  sign("client", "cert", "extendedKeyUsage=clientAuth\n");
  return {
    folder,
    ca: at("ca.crt"),
    serverCert: at("server.crt"),
    serverKey: at("server.key"),
    clientCert: at("client.cert"),
    clientKey: at("client.key"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function openssl(...args: string[]): void {
  const run = Bun.spawnSync(["openssl", ...args]);
  if (run.exitCode !== 0) throw new Error(`openssl ${args[0]}: ${run.stderr.toString()}`);
}
