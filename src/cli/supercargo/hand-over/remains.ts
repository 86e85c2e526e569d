/**
 * What is there when the daemon has ended, against what Kanto wants to find (spec/engine.md §3, §6): state at rest, a
 * snapshot `<id>-snapshot` for each container, no record and no task in the engine, no bridge, rules and namespaces of ours.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLog } from "../../../base/log.ts";
import { runCommand } from "../../../base/process.ts";
import type { DaemonConfig } from "../../../config/daemon-config.ts";
import { ContainerdEngine } from "../../../engine/containerd/containerd-engine.ts";
import type { Engine, EngineInventory } from "../../../engine/engine.ts";
import { toError } from "../../../errors/error.ts";
import { fromStoredJson } from "../../../manifest/stored-reader.ts";
import type { Container } from "../../../model/container.ts";
import { isActive } from "../../../model/state.ts";
import { tableName } from "../../../network/nft-script.ts";
import type { Remark } from "./remark.ts";

const ENGINE_LIMIT_MS = 30_000;

export interface Remains {
  readonly containers: readonly Container[];
  readonly remarks: readonly Remark[];
}

export async function lookAtRemains(config: DaemonConfig, signal: AbortSignal): Promise<Remains> {
  const { containers, remarks } = readStates(config.manager.homeDir);
  const inEngine = await lookAtEngine(config, containers, signal);
  return { containers, remarks: [...remarks, ...inEngine, ...(await lookAtMachine(config, signal))] };
}

/** Every stored container; what Kanto could not read, or would take for running. */
function readStates(home: string): { containers: Container[]; remarks: Remark[] } {
  const folder = join(home, "containers");
  const containers: Container[] = [];
  const remarks: Remark[] = [];
  for (const id of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const path = join(folder, id, "config.json");
    if (!existsSync(path)) continue;
    try {
      const container = fromStoredJson(readFileSync(path));
      containers.push(container);
      if (!isActive(container.state.status) && container.networkSettings === undefined) continue;
      const message = `${path} says that it is ${container.state.status}`;
      remarks.push({
        level: "problem",
        subject: id,
        message: `${message}; start the daemon and run this again`,
      });
    } catch (thrown) {
      const message = `${path} cannot be read: ${toError(thrown).message}`;
      remarks.push({ level: "problem", subject: id, message });
    }
  }
  return { containers, remarks };
}

async function lookAtEngine(
  { containers: options }: DaemonConfig,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<readonly Remark[]> {
  const engine = new ContainerdEngine({
    address: options.addressPath,
    namespace: options.namespace,
    leaseId: options.leaseId,
    runcRuntime: options.runcRuntime,
    scratchDir: join(options.execRootDir, "supercargo", "rootfs"),
    log: createLog("hand-over", () => {}),
  });
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ENGINE_LIMIT_MS)]);
  try {
    await engine.open(limited);
    return await tidyEngine(engine, containers, limited);
  } catch (thrown) {
    signal.throwIfAborted();
    const message = `containerd cannot be looked at: ${toError(thrown).message}`;
    return [{ level: "problem", subject: "machine", message }];
  } finally {
    await engine.close();
  }
}

/** Records without a task keep Kanto from starting a container: they are taken away. */
async function tidyEngine(
  engine: Engine,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<readonly Remark[]> {
  const before = await engine.inventory(signal);
  const ids = new Set(containers.map(({ id }) => id));
  const resting = before.records.filter((id) => ids.has(id) && !isLive(before, id));
  await Promise.all(resting.map((id) => engine.deleteTask(id, signal)));
  return containers.flatMap(({ id, name }) => {
    const remarks: Remark[] = [];
    if (isLive(before, id)) {
      const message = "containerd still runs it; start the daemon and run this again";
      remarks.push({ level: "problem", subject: name, message });
    }
    if (!before.snapshotKeys.includes(`${id}-snapshot`)) {
      const message = `its file system ${id}-snapshot is not in containerd; Kanto cannot start it`;
      remarks.push({ level: "problem", subject: name, message });
    }
    return remarks;
  });
}

function isLive({ tasks }: EngineInventory, id: string): boolean {
  return tasks.some((task) => task.id === id && task.status !== "stopped");
}

async function lookAtMachine({ network }: DaemonConfig, signal: AbortSignal): Promise<readonly Remark[]> {
  const { name } = network.bridge;
  const left: string[] = [];
  const names = join(network.execRootDir, "supercargo", "netns");
  if (existsSync(names) && readdirSync(names).length > 0) left.push(`network namespaces in ${names}`);
  const tables = await runCommand(["nft", "list", "tables"], { timeoutMs: ENGINE_LIMIT_MS, signal });
  if (tables.stdout.split("\n").some((line) => line.trim().endsWith(` ${tableName(name)}`)))
    left.push(`the nftables table ${tableName(name)}`);
  return left.map((what) => ({
    level: "problem",
    subject: "machine",
    message: `${what} is still there; start the daemon and run this again`,
  }));
}
