/**
 * The broker's password from a file or the environment, so that the configuration can be shown and copied. One that cannot be
 * had is a warning: it must cost the device its broker only, not its containers.
 */

import { readFileSync, statSync } from "node:fs";
import { errorCode } from "../base/file-system.ts";
import { toError } from "../errors/error.ts";
import type { DaemonConfig } from "./daemon-config.ts";

const LIMIT_BYTES = 64 * 1024;
/** Rights of everybody else. */
const OTHERS = 0o007;

/** The configuration with the password in place. What is wrong is added to `warnings`, without content. */
export function withClientPassword(config: DaemonConfig, warnings: string[]): DaemonConfig {
  const { clientPassword, clientPasswordFile, clientPasswordEnv } = config.connection;
  if (clientPasswordFile === "" && clientPasswordEnv === "") return config;
  const warn = (key: string, reason: string): undefined => {
    warnings.push(`connection.${key}: ${reason}; the broker gets no password`);
    return undefined;
  };
  const put = (password: string | undefined): DaemonConfig => ({
    ...config,
    connection: { ...config.connection, clientPassword: password ?? "" },
  });
  if (clientPassword !== "") {
    warnings.push(
      "connection.client_password stands beside client_password_file or client_password_env and is used",
    );
    return config;
  }
  if (clientPasswordFile === "") {
    const value = process.env[clientPasswordEnv] ?? "";
    return put(
      value === "" ? warn("client_password_env", `the environment has no ${clientPasswordEnv}`) : value,
    );
  }
  return put(fromFile(clientPasswordFile, (reason) => warn("client_password_file", reason), warnings));
}

function fromFile(path: string, warn: (reason: string) => undefined, warnings: string[]): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return warn(`${path} is not a file`);
    if (stat.size > LIMIT_BYTES) return warn(`${path} has more than ${LIMIT_BYTES} bytes`);
    if ((stat.mode & OTHERS) !== 0)
      warnings.push(`${path}: everybody on this device can read or change the password of the broker`);
    const password = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return password === "" ? warn(`${path} is empty`) : password;
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw thrown;
    return warn(`${path} cannot be read: ${toError(thrown).message}`);
  }
}
