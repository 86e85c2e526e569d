/** Every request that changes a device, each with what may be true when it was disturbed, and what is true when it was not. */

import type { Manager } from "../../../../src/manager/manager.ts";
import type { ContainerWish } from "../../../../src/model/defaults.ts";
import { brokenInvariants } from "../../../model/invariants.ts";
import { type Device, FOREVER, NEW_IMAGE, policy, wish } from "./device.ts";

export const STOP = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
export const PROBATION_MS = 3_000;

export interface Story {
  readonly name: string;
  readonly prepare: (device: Device) => Promise<unknown>;
  readonly request: (manager: Manager) => Promise<unknown>;
  /** Summaries that may be true after it was disturbed and everything has settled. */
  readonly allowed: readonly string[];
  /** The summary after it went undisturbed, perhaps at the second try. */
  readonly final: string;
  /** Nobody asks: it comes by itself. */
  readonly isAutomatic?: true;
}

/** All containers in a line; ids that were made up are `new`. */
export function summary(device: Device): string {
  return device.manager
    .list()
    .map(({ id, name, image, state, hostConfig }) => {
      const shown = id.startsWith("new-") ? "new" : id;
      const as = name === "app" ? "" : ` as ${name}`;
      const limits = hostConfig.resources === undefined ? "" : " limited";
      return `${shown}${as} ${image.name.endsWith("2") ? "v2" : "v1"} ${state.status}${limits}`;
    })
    .sort()
    .join(", ");
}

function successor(id: string, command: string): ContainerWish {
  return { id, name: "app", image: { name: NEW_IMAGE }, config: { cmd: [command] } };
}

function replaceStory(command: string, id: string): Story {
  const isGood = command === "runs" || command === "done";
  const now = command === "done" ? "Exited" : "Running";
  const next = `${id === "" ? "new" : id} v2`;
  const lives = "app v1 Running";
  return {
    name: `replace by one that ${command}, ${id === "" ? "new" : "same"} id`,
    prepare: (device) => device.createAndStart(wish("app", "runs")),
    request: (manager) =>
      manager.replace(
        manager.list()[0]?.id ?? "",
        { ...successor(id, command), ...(command === "done" ? { hostConfig: policy("no") } : {}) },
        { stop: STOP, probationMs: PROBATION_MS },
        FOREVER,
      ),
    // A job that was cut off before it had done its work is started again and does it.
    allowed: isGood ? [lives, `${next} ${now}`] : [lives],
    final: isGood ? `${next} ${now}` : lives,
  };
}

const running = (device: Device) => device.createAndStart(wish("app", "runs"));

export const STORIES: readonly Story[] = [
  {
    name: "create",
    prepare: async () => {},
    request: (manager) => manager.create(wish("app", "runs"), "test", FOREVER),
    allowed: ["", "app v1 Created"],
    final: "app v1 Created",
  },
  {
    name: "start",
    prepare: (device) => device.create(wish("app", "runs")),
    request: (manager) => manager.start("app", FOREVER),
    allowed: ["app v1 Created", "app v1 Stopped", "app v1 Running"],
    final: "app v1 Running",
  },
  {
    name: "stop",
    prepare: running,
    request: (manager) => manager.stop("app", STOP, FOREVER),
    allowed: ["app v1 Running", "app v1 Exited", "app v1 Stopped"],
    final: "app v1 Stopped",
  },
  {
    name: "forced stop",
    prepare: (device) => device.createAndStart(wish("app", "stubborn")),
    request: (manager) => manager.stop("app", STOP, FOREVER),
    allowed: ["app v1 Running", "app v1 Exited", "app v1 Stopped"],
    final: "app v1 Stopped",
  },
  {
    name: "restart",
    prepare: running,
    request: (manager) => manager.restart("app", FOREVER),
    allowed: ["app v1 Running"],
    final: "app v1 Running",
  },
  {
    name: "pause",
    prepare: running,
    request: (manager) => manager.pause("app", FOREVER),
    allowed: ["app v1 Running", "app v1 Paused"],
    final: "app v1 Paused",
  },
  {
    name: "unpause",
    prepare: async (device) => {
      await running(device);
      await device.finish(device.manager.pause("app", FOREVER));
    },
    request: (manager) => manager.unpause("app", FOREVER),
    allowed: ["app v1 Running", "app v1 Paused"],
    final: "app v1 Running",
  },
  {
    name: "rename",
    prepare: running,
    request: (manager) => manager.rename("app", "other", FOREVER),
    allowed: ["app v1 Running", "app as other v1 Running"],
    final: "app as other v1 Running",
  },
  {
    name: "update",
    prepare: running,
    request: (manager) =>
      manager.update(
        "app",
        { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 0n },
        { memory: "16M", memoryReservation: "", memorySwap: "" },
        FOREVER,
      ),
    allowed: ["app v1 Running", "app v1 Running limited"],
    final: "app v1 Running limited",
  },
  {
    name: "remove",
    prepare: running,
    request: (manager) => manager.remove("app", true, STOP, FOREVER),
    // Stopped: the disk did not let its state go.
    allowed: ["", "app v1 Running", "app v1 Stopped"],
    final: "",
  },
  {
    name: "restart after an exit",
    prepare: (device) => device.createAndStart(wish("app", "fails", { hostConfig: policy("always") })),
    request: () => new Promise(() => {}),
    allowed: ["app v1 Running", "app v1 Exited"],
    final: "app v1 Running",
    isAutomatic: true,
  },
  ...["app", ""].flatMap((id) =>
    ["runs", "done", "missing", "fails"].map((command) => replaceStory(command, id)),
  ),
];

/** Findings in words, notes of what is under way included. */
export function findings(device: Device): readonly string[] {
  return brokenInvariants(device.manager.list(), device.held());
}
