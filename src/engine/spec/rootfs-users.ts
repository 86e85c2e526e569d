/**
 * Looks up the user of an image in its file system. The files of an image are hostile: links are followed inside the file
 * system only, and only plain files of bounded size are read.
 */

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";
import { SupercargoError } from "../../errors/error.ts";
import { type ResolvedUser, resolveUser } from "./users.ts";

const MAX_LINKS = 40;
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** @param user text of the image's configuration: `user`, `user:group`, `uid`, `uid:gid` or empty. */
export function resolveUserInRootfs(rootfs: string, user: string): ResolvedUser {
  return resolveUser(user, readInside(rootfs, "etc/passwd"), readInside(rootfs, "etc/group"));
}

/** Text of a plain file inside `rootfs`, or empty when there is none. Throws SC_IMAGE_INVALID for one that is too large or links without end. */
export function readInside(rootfs: string, path: string): string {
  const resolved = resolveInside(rootfs, path);
  if (resolved === undefined) return "";
  // O_NONBLOCK: a FIFO put there must not stop us; O_NOFOLLOW: the last part has been resolved.
  const descriptor = openSync(resolved, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(descriptor);
    if (!fstatSync(descriptor).isFile()) return "";
    if (size > MAX_FILE_BYTES) throw invalid(path, `is larger than ${MAX_FILE_BYTES} bytes`);
    const buffer = Buffer.alloc(size);
    const length = readSync(descriptor, buffer, 0, size, 0);
    return buffer.toString("utf8", 0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** Path on the host of a plain file inside `rootfs`, as if `rootfs` were `/`; undefined when there is no plain file. */
export function resolveInside(rootfs: string, path: string): string | undefined {
  const pending = parts(path);
  const walked: string[] = [];
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === "..") {
      walked.pop();
      continue;
    }
    const status = statusOf(join(rootfs, ...walked, part));
    if (status === undefined) return undefined;
    if (status.isSymbolicLink()) {
      links++;
      if (links > MAX_LINKS) throw invalid(path, "has too many levels of links");
      const target = readlinkSync(join(rootfs, ...walked, part));
      if (target.startsWith("/")) walked.length = 0;
      pending.unshift(...parts(target));
    } else if (pending.length > 0 && !status.isDirectory()) {
      return undefined;
    } else {
      walked.push(part);
      if (pending.length === 0) return status.isFile() ? join(rootfs, ...walked) : undefined;
    }
  }
  return undefined;
}

function statusOf(path: string): ReturnType<typeof lstatSync> | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (thrown) {
    // ENOTDIR and ENAMETOOLONG: an image can be made so; there is no such file in it.
    if (["ENOTDIR", "ENAMETOOLONG"].includes(errnoName(thrown) ?? "")) return undefined;
    throw thrown;
  }
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function invalid(path: string, what: string): SupercargoError {
  return new SupercargoError("SC_IMAGE_INVALID", `the image's /${path} ${what}`);
}
