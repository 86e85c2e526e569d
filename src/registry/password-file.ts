/**
 * A registry's password from a file of its own, so that the configuration can be shown, copied and kept in a repository
 * (spec/engine.md §22, 34). Read at each use: a changed password needs no restart.
 */

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { Credentials } from "./settings.ts";

const LIMIT_BYTES = 64 * 1024;
/** Rights of everybody else. */
const OTHERS = 0o007;

/** The credentials with their password in place. Throws SC_REGISTRY_CONFIG that names file and registry, never content. */
export async function withPassword(
  host: string,
  credentials: Credentials | undefined,
  log: Log,
): Promise<Credentials | undefined> {
  const path = credentials?.passwordFile ?? "";
  if (credentials === undefined || path === "") return credentials;
  if (credentials.password !== "") throw refuse(host, path, "password and password_file are both given");
  if (!isAbsolute(path)) throw refuse(host, path, "the path must be absolute");
  const text = await read(host, path, log);
  // Editors end the line.
  const password = text.replace(/\r?\n$/, "");
  if (password === "") throw refuse(host, path, "the file is empty");
  return { userId: credentials.userId, password };
}

async function read(host: string, path: string, log: Log): Promise<string> {
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
      hint: `correct containers.registry_configurations["${host}"].credentials.password_file`,
      fields: { registry: host, file: path },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
