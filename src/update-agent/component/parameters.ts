/** What an inventory says of a container (spec/update-agent.md §4.4): all of it can be sent back as a component's configuration. */

import { formatGoDuration } from "../../base/go-duration.ts";
import type { Container, LogConfig, Resources } from "../../model/container.ts";
import {
  DEFAULT_LOG_BUFFER,
  DEFAULT_LOG_FILES,
  DEFAULT_LOG_SIZE,
  DEFAULT_RESTART_POLICY,
} from "../../model/defaults.ts";
import { defaultHostName } from "../../model/names.ts";
import type { KeyValue } from "../messages/payloads.ts";
import { printHealthcheck } from "./healthcheck-value.ts";
import { printDevice, printMount, printPort } from "./values.ts";

class Parameters {
  readonly list: KeyValue[] = [];

  constructor(private readonly isVerbose: boolean) {}

  add(key: string, value: string): void {
    this.list.push({ key, value });
  }

  /** Said when it is not the default, and in a verbose report whenever it has a meaning. */
  scalar(key: string, value: string, isSaid: boolean, hasMeaning = true): void {
    if (this.isVerbose ? hasMeaning : isSaid) this.add(key, value);
  }

  all(key: string, values: readonly string[]): void {
    for (const value of values) this.add(key, value);
  }
}

export function parametersOf(container: Container, isVerbose: boolean): readonly KeyValue[] {
  const parameters = new Parameters(isVerbose);
  addConfiguration(parameters, container);
  addState(parameters, container);
  return parameters.list;
}

function addConfiguration(to: Parameters, container: Container): void {
  const { name, image, domainName, hostName, ioConfig, hostConfig: host, mounts, config } = container;
  to.scalar("image", image.name, image.name !== "");
  to.scalar("domainName", domainName, domainName !== `${name}-domain`);
  to.scalar("hostName", hostName, hostName !== defaultHostName(name));
  to.scalar("terminal", String(ioConfig.tty), ioConfig.tty);
  to.scalar("interactive", String(ioConfig.openStdin), ioConfig.openStdin);
  to.scalar("privileged", String(host.privileged), host.privileged);
  const { type, maximumRetryCount: count, retryTimeoutNanos: timeout } = host.restartPolicy;
  to.scalar("restartPolicy", type, type !== DEFAULT_RESTART_POLICY.type);
  to.scalar("restartMaxRetries", String(count), count !== 0);
  to.scalar("restartTimeout", formatGoDuration(timeout), timeout !== 0n);
  to.all("device", host.devices.map(printDevice));
  to.all("port", host.portMappings.map(printPort));
  to.scalar("network", host.networkMode, host.networkMode !== "bridge", host.networkMode !== "");
  to.all("host", host.extraHosts);
  addLog(to, host.logConfig);
  const { memory, memoryReservation, memorySwap } = memoryLimits(container);
  to.scalar("memory", memory, memory !== "", memory !== "");
  to.scalar("memoryReservation", memoryReservation, memoryReservation !== "", memoryReservation !== "");
  to.scalar("memorySwap", memorySwap, memorySwap !== "", memorySwap !== "");
  to.all("mount", mounts.map(printMount));
  to.all("env", config?.env ?? []);
  to.all("cmd", config?.cmd ?? []);
  // Ours: the peer leaves them out, and a container that has them would lose them when its inventory is sent back.
  to.all("extraCapability", host.extraCapabilities);
  const healthcheck = container.extras?.healthcheck;
  if (healthcheck !== undefined) to.add("healthcheck", printHealthcheck(healthcheck));
}

const NO_LIMITS: Resources = { memory: "", memoryReservation: "", memorySwap: "" };

/** No swap limit beside a memory limit is said as `-1`: left out it would mean twice the memory when it is sent back. */
function memoryLimits({ hostConfig: { resources = NO_LIMITS } }: Container): Resources {
  const isUnlimited = resources.memory !== "" && resources.memorySwap === "";
  return isUnlimited ? { ...resources, memorySwap: "-1" } : resources;
}

function addLog(to: Parameters, { driver, mode }: LogConfig): void {
  const isFile = driver.type === "json-file";
  const isQueued = mode.mode === "non-blocking";
  to.scalar("logDriver", driver.type, !isFile);
  to.scalar("logMaxFiles", String(driver.maxFiles), isFile && driver.maxFiles !== DEFAULT_LOG_FILES, isFile);
  const { maxSize, rootDir } = driver;
  to.scalar("logMaxSize", maxSize, isFile && maxSize !== "" && maxSize !== DEFAULT_LOG_SIZE, isFile);
  to.scalar("logPath", rootDir, rootDir !== "", rootDir !== "" && isFile);
  to.scalar("logMode", mode.mode, mode.mode !== "blocking");
  const { maxBufferSize } = mode;
  to.scalar(
    "logMaxBufferSize",
    maxBufferSize,
    maxBufferSize !== "" && maxBufferSize !== DEFAULT_LOG_BUFFER,
    isQueued,
  );
}

function addState(to: Parameters, container: Container): void {
  const { state, created, restartCount, manuallyStopped, startedSuccessfullyBefore } = container;
  const isDown = state.status !== "Running";
  to.add("status", state.status);
  to.scalar("finishedAt", state.finishedAt, state.finishedAt !== "" && isDown);
  to.scalar("exitCode", String(state.exitCode), state.exitCode !== 0 && isDown);
  to.add("created", created);
  to.scalar("restartCount", String(restartCount), restartCount !== 0);
  to.scalar("manuallyStopped", String(manuallyStopped), manuallyStopped && isDown);
  to.scalar(
    "startedSuccessfullyBefore",
    String(startedSuccessfullyBefore),
    startedSuccessfullyBefore && isDown,
  );
}
