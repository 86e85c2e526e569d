/** Makes the rooms of the daemon from its configuration and puts them together. */

import { join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { readUptime } from "../base/uptime.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import { ContainerdEngine } from "../engine/containerd/containerd-engine.ts";
import { usesSystemdCgroups } from "../engine/containerd/runtime.ts";
import { FifoExecPipes } from "../engine/fifo-exec-pipes.ts";
import { SupercargoError } from "../errors/error.ts";
import { ImageStore } from "../images/image-store.ts";
import { LastUse } from "../images/last-use.ts";
import type { ImageVerifier } from "../images/verifier.ts";
import { FifoLogs } from "../logs/fifo-logs.ts";
import { Manager } from "../manager/manager.ts";
import { DEFAULT_OPTIONS } from "../manager/parts.ts";
import { HostSpecSource } from "../manager/spec-source.ts";
import { RegistryClient } from "../registry/client.ts";
import { type RegistrySettings, registrySettings } from "../registry/settings.ts";
import { openContainerStore } from "../store/container-files.ts";
import { openJournal } from "../store/journal-files.ts";
import type { Journal } from "../store/store.ts";
import { makeNetwork } from "./daemon-network.ts";
import { makeDecrypter } from "./decrypter.ts";
import { StorageSpace } from "./storage-space.ts";

export interface DaemonParts {
  readonly engine: ContainerdEngine;
  readonly images: ImageStore;
  readonly manager: Manager;
  readonly journal: Journal;
}

/** @param live the configuration as it is now: what can change while running is read from it at each use. */
export function makeDaemonParts(config: DaemonConfig, live: () => DaemonConfig, log: Log): DaemonParts {
  const { containers, network, manager } = config;
  const clock = systemClock;
  const home = manager.homeDir;
  const engine = new ContainerdEngine({
    address: containers.addressPath,
    namespace: containers.namespace,
    leaseId: containers.leaseId,
    runcRuntime: containers.runcRuntime,
    scratchDir: join(manager.execRootDir, "supercargo", "rootfs"),
    // Two daemons of one machine may have containers of the same id.
    runcRoot: resolve(manager.execRootDir, "supercargo", "runc"),
    log,
  });
  const space = new StorageSpace(engine, home, log.module("images"));
  const registries = () => registrySettings(live().containers);
  const registry = new RegistryClient({ settings: registries, log, clock });
  const verify = makeVerifier(containers, registries, log.module("trust"));
  const images = new ImageStore({
    content: engine.content,
    registry,
    log,
    clock,
    diskSpace: space.probe,
    ...(verify === undefined ? {} : { verify }),
    decrypter: makeDecrypter(join(home, "supercargo", "decrypt")),
    keys: () => ({ keys: live().containers.imageDecKeys, recipients: live().containers.imageDecRecipients }),
    lastUse: new LastUse({ path: join(home, "supercargo", "images.json"), uptime: readUptime, log }),
    exportsFile: join(home, "supercargo", "exports.json"),
    expiryMs: containers.imageExpiryDisable ? undefined : containers.imageExpiryMs,
  });
  const systemdCgroup = usesSystemdCgroups();
  const journal = openJournal(home);
  return {
    engine,
    images,
    journal,
    manager: new Manager({
      engine,
      images,
      network: makeNetwork(network, log, clock),
      logs: new FifoLogs({ execRoot: containers.execRootDir, clock, log }),
      execPipes: new FifoExecPipes(join(manager.execRootDir, "supercargo", "exec"), log.module("exec")),
      store: openContainerStore(home),
      journal,
      specs: new HostSpecSource(engine, {
        namespace: containers.namespace,
        systemdCgroup,
        defaultSeccomp: () => live().containers.defaultSeccomp,
      }),
      disk: space.look,
      clock,
      log: log.module("manager"),
      options: {
        ...DEFAULT_OPTIONS,
        defaultStopTimeoutMs: manager.defaultStopTimeoutMs,
        liveRestore: manager.liveRestore,
        ...(resolve(containers.homeDir) === resolve(home) ? {} : { logHome: containers.homeDir }),
        ...(resolve(network.homeDir) === resolve(home) ? {} : { networkHome: network.homeDir }),
        runtime: containers.runcRuntime,
      },
    }),
  };
}

/** A daemon that is told to check in a way that it does not know must not pull without a check. */
function makeVerifier(
  { imageVerifierType, imageVerifierConfig }: DaemonConfig["containers"],
  registries: () => RegistrySettings,
  log: Log,
): ImageVerifier | undefined {
  switch (imageVerifierType) {
    case "none":
      return undefined;
    case "notation":
      // Loaded by the first pull that needs it.
      return async (name, repository, signal) => {
        const { notationVerifier } = await import("../trust/notation.ts");
        await notationVerifier({ config: imageVerifierConfig, registries, log })(name, repository, signal);
      };
    default:
      // Containers that are there go on; nothing is pulled unchecked.
      return async () => {
        throw new SupercargoError(
          "SC_CONFIG_INVALID",
          `unexpected image verifier type = ${imageVerifierType}`,
          {
            hint: "containers.image_verifier_type is none or notation; nothing is pulled until it is one of them",
          },
        );
      };
  }
}
