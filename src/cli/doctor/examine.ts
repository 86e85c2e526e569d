/** All checks of `supercargo doctor`, side by side, in the order of their subjects. */

import type { DaemonAddress } from "../../api/daemon-connection.ts";
import { DEFAULT_CONFIG } from "../../config/daemon-config.ts";
import { DEFAULT_SOCKET } from "../../config/default-socket.ts";
import { loadConfig } from "../../config/load.ts";
import { hasCode } from "../../errors/error.ts";
import { CommandError } from "../command-error.ts";
import { parseHost } from "../host-address.ts";
import { type Check, type Finding, type Site, SUBJECTS, type Subject } from "./finding.ts";
import { checkCgroups, checkKernel } from "./kernel.ts";
import { checkCni, checkNftables, checkRunc, failedCheck } from "./programs.ts";
import { checkBroker, checkContainerd, checkDaemon } from "./services.ts";
import { checkClock, checkDisk, checkPermissions } from "./system.ts";
import { checkTrust } from "./trust.ts";

const CHECKS: Readonly<Record<Exclude<Subject, "configuration">, Check>> = {
  containerd: checkContainerd,
  runc: checkRunc,
  cni: checkCni,
  cgroups: checkCgroups,
  kernel: checkKernel,
  nftables: checkNftables,
  broker: checkBroker,
  trust: checkTrust,
  disk: checkDisk,
  clock: checkClock,
  permissions: checkPermissions,
  daemon: checkDaemon,
};

/** A configuration that is refused makes room for the defaults, so that the rest can be looked at. */
function readConfiguration(path: string): { readonly config: Site["config"]; readonly findings: Finding[] } {
  const subject = "configuration";
  if (path === "") {
    const message = "there is no file, the defaults count";
    return { config: DEFAULT_CONFIG, findings: [{ subject, level: "ok", message }] };
  }
  const command = `container-management --check-config --cfg-file ${path}`;
  try {
    const { config, warnings } = loadConfig(path, new Map());
    const told = warnings.map((message) => ({ subject, level: "warning", message, command }) as const);
    return { config, findings: told.length > 0 ? told : [{ subject, level: "ok", message: path }] };
  } catch (thrown) {
    if (!hasCode(thrown, "SC_CONFIG_INVALID")) throw thrown;
    const advice = `mend the file; until then the daemon starts with its last good copy. It is good when this says so: ${command}`;
    return {
      config: DEFAULT_CONFIG,
      findings: [{ subject, level: "problem", message: thrown.message, advice }],
    };
  }
}

/**
 * Where the configuration has the daemon listen; a port on all addresses is asked on this machine's own. An address that is
 * none becomes a finding, and the usual place is looked at.
 */
function configuredAddress(
  { grpcServer: { protocol, addressPath } }: Site["config"],
  findings: Finding[],
): DaemonAddress {
  if (protocol === "unix") return { unix: addressPath };
  try {
    return parseHost(`tcp://${addressPath.replace(/^(0\.0\.0\.0|\[::\])?:/, "127.0.0.1:")}`);
  } catch (thrown) {
    if (!(thrown instanceof CommandError)) throw thrown;
    const message = `grpc_server.address_path: ${addressPath} is no host:port`;
    findings.push({
      subject: "configuration",
      level: "problem",
      message,
      advice: "give it as 127.0.0.1:50051",
    });
    return { unix: DEFAULT_SOCKET };
  }
}

/** @param host of the daemon, a socket path or tcp://host:port; empty = where the configuration has it */
export async function examine(
  configPath: string,
  host: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { config, findings } = readConfiguration(configPath);
  const site: Site = {
    config,
    configPath,
    address: host === "" ? configuredAddress(config, findings) : parseHost(host),
    signal,
  };
  const rest = await Promise.all(
    SUBJECTS.filter((subject) => subject !== "configuration").map(async (subject) => {
      try {
        return await CHECKS[subject](site);
      } catch (thrown) {
        signal.throwIfAborted();
        return [failedCheck(subject, thrown)];
      }
    }),
  );
  return [...findings, ...rest.flat()];
}
