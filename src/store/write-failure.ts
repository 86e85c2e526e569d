/** A disk that refuses to keep state, in words that name the place. */

import { errorCode } from "../base/file-system.ts";
import { SupercargoError, toError } from "../errors/error.ts";

/** Runs what writes or takes away below `folder`; an error of the disk becomes SC_DISK_FULL or SC_IO with the folder and the reason. */
export function writingState<T>(folder: string, write: () => T, what = "saved"): T {
  try {
    return write();
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined) throw cause;
    const isFull = code === "ENOSPC" || code === "EDQUOT";
    throw new SupercargoError(
      isFull ? "SC_DISK_FULL" : "SC_IO",
      `state cannot be ${what} in ${folder}: ${toError(cause).message}`,
      {
        cause,
        fields: { folder },
        ...(isFull ? { hint: "free space on that file system, then try again" } : {}),
      },
    );
  }
}
