/** Images encrypted by skopeo, with keys made by openssl. */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuiltImage } from "./oci-image.ts";

function run(command: readonly string[], cwd: string): void {
  const [program = "", ...args] = command;
  const result = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command.join(" ")}: ${result.stderr}`);
}

/** `<name>.pem`, `<name>.pub`, `<name>.crt`, and with a password `<name>.locked.pem`. */
export function makeKeys(folder: string, name: string, password?: string): void {
  run(["openssl", "genrsa", "-out", `${name}.pem`, "2048"], folder);
  run(["openssl", "rsa", "-in", `${name}.pem`, "-pubout", "-out", `${name}.pub`], folder);
  run(
    [
      "openssl",
      "req",
      "-x509",
      "-new",
      "-key",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
      "-days",
      "30",
      "-out",
      `${name}.crt`,
    ],
    folder,
  );
  if (password === undefined) return;
  const locked = ["-traditional", "-aes256", "-passout", `pass:${password}`, "-out", `${name}.locked.pem`];
  run(["openssl", "rsa", "-in", `${name}.pem`, ...locked], folder);
}

/** Writes the image as an OCI layout. */
export function writeLayout(folder: string, image: BuiltImage): void {
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
  for (const [digest, bytes] of image.blobs)
    writeFileSync(join(folder, "blobs", digest.replace(":", "/")), bytes);
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const { mediaType, digest, size } = image.descriptor;
  writeFileSync(
    join(folder, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
  );
}

/** Copies the layout, encrypted for `recipients` (`jwe:key.pub`, `pkcs7:key.crt`), to what skopeo calls `to`. */
export function encrypt(
  cwd: string,
  layout: string,
  to: string,
  recipients: readonly string[],
  credentials?: string,
): void {
  const login = credentials !== undefined ? ["--dest-creds", credentials] : [];
  const keys = recipients.flatMap((recipient) => ["--encryption-key", recipient]);
  run(
    [
      "skopeo",
      "--insecure-policy",
      "copy",
      "--quiet",
      "--dest-tls-verify=false",
      ...login,
      ...keys,
      `oci:${layout}`,
      to,
    ],
    cwd,
  );
}
