/**
 * A registry's password from a file of its own, so that the configuration can be shown, copied and kept in a repository
 * (spec/engine.md §22, 34). Read at each use: a changed password needs no restart.
 */

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";

const LIMIT_BYTES = 64 * 1024;
/** Rights of everybody else. */
const OTHERS = 0o007;

/** The password in the file. Throws SC_REGISTRY_CONFIG that names file and registry, never content. */
export async function readPasswordFile(host: string, path: string, log: Log): Promise<string> {
  const text = await readSecretFile(host, path, log);
  // Editors end the line.
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw refuse(host, path, "the file is empty");
  return password;
}

/** A file with credentials of `host`: bounded, a plain file, with a warning when everybody can read it. Throws SC_REGISTRY_CONFIG. */
export async function readSecretFile(host: string, path: string, log: Log): Promise<string> {
  if (!isAbsolute(path)) throw refuse(host, path, "the path must be absolute");
  let file: FileHandle;
  try {
    // Not blocking: a FIFO in its place must not hold a thread.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw refuse(host, path, toError(cause).message, cause);
  }
  try {
    const { mode, size } = await file.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refuse(host, path, "it is not a file");
    if (size > LIMIT_BYTES) throw refuse(host, path, `the file has more than ${LIMIT_BYTES} bytes`);
    if ((mode & OTHERS) !== 0) {
      log.warn("everybody on this device can read or change the password of a registry", {
        registry: host,
        file: path,
      });
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function refuse(host: string, path: string, reason: string, cause?: unknown): SupercargoError {
  return new SupercargoError(
    "SC_REGISTRY_CONFIG",
    `the password of registry ${host} cannot be had from ${path}: ${reason}`,
    {
      hint: `correct containers.registry_configurations["${host}"].credentials.password_file, or containers.docker_config`,
      fields: { registry: host, file: path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
