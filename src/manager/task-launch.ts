/**
 * Makes a container run: network, readers on its output, spec, task, wait, start, in the order that containerd demands
 * (spec/pitfalls.md §2, §5). Either the task runs, or nothing of the attempt is left.
 */

import { LapTimes } from "../base/lap-times.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { ImageConfig } from "../images/images.ts";
import type { Output } from "../logs/logs.ts";
import type { Container } from "../model/container.ts";
import { clip } from "../model/fault.ts";
import { isKnownRuntime, isRuncRuntime } from "../model/runtimes.ts";
import type { NetworkAttachment, NetworkRequest } from "../network/network.ts";
import type { Context } from "./context.ts";
import { type Entry, type Run, snapshotKey } from "./entry.ts";
import { logFolder, networkFolder } from "./folders.ts";
import { rememberImage, storedImage } from "./stored-image.ts";
import { clearNetwork, clearOutput, clearTask } from "./task-clearing.ts";
import { TaskWatch } from "./task-watch.ts";
import { applyTerminalSize } from "./terminal.ts";

export interface Launched {
  readonly run: Run;
  readonly pid: number;
  readonly attachment: NetworkAttachment;
  readonly warnings: readonly string[];
  /** How long each step took, for the log. */
  readonly laps: Readonly<Record<string, number>>;
}

/** `before-task`: network or image, the peer leaves the status as it is; `task`: the engine refused (spec/engine.md §6). */
export class LaunchFailure {
  constructor(
    readonly stage: "before-task" | "task",
    readonly error: Error,
  ) {}
}

export function networkRequest(container: Container, filesDir: string): NetworkRequest {
  const { hostConfig } = container;
  return {
    id: container.id,
    name: container.name,
    mode: hostConfig.networkMode === "host" ? "host" : "bridge",
    hostName: container.hostName,
    domainName: container.domainName,
    extraHosts: hostConfig.extraHosts,
    portMappings: hostConfig.portMappings,
    filesDir,
  };
}

/** The runtime that a container really gets: the daemon's own for every runc name. */
export function runtimeOf(container: Container, configured: string): string {
  return isRuncRuntime(container.hostConfig.runtime) ? configured : container.hostConfig.runtime;
}

/** A name that is not known runs with the daemon's runtime: a container that is thought to be apart must not be so in silence. */
function runtimeWarnings({ hostConfig }: Container, configured: string): readonly string[] {
  if (isKnownRuntime(hostConfig.runtime)) return [];
  return [`the runtime ${clip(hostConfig.runtime)} is not known, the container runs with ${configured}`];
}

/** Starts the task of an entry that has none. Throws a LaunchFailure. */
export async function launch(ctx: Context, entry: Entry): Promise<Launched> {
  const image = await imageConfig(ctx, entry);
  return await ctx.starts
    .run(() => new Launch(ctx, entry, image).run(), ctx.lifetime)
    .catch((thrown) => {
      throw thrown instanceof LaunchFailure ? thrown : new LaunchFailure("before-task", toError(thrown));
    });
}

/** What the container's image says; for a container of Kanto's the image has to be asked once. */
async function imageConfig(ctx: Context, entry: Entry): Promise<ImageConfig> {
  const stored = storedImage(entry.additions);
  if (stored !== undefined && stored.isEncrypted !== true) return stored.config;
  const { images } = ctx.parts;
  const { name, decryptConfig: keys } = entry.container.image;
  try {
    if (stored !== undefined) {
      await images.checkKeys(name, keys, ctx.lifetime);
      return stored.config;
    }
    const image =
      (await images.find(name, ctx.lifetime)) ?? (await images.ensure(name, ctx.lifetime, { keys }));
    entry.additions = rememberImage(entry.additions, image);
    return image.config;
  } catch (thrown) {
    throw new LaunchFailure("before-task", toError(thrown));
  }
}

class Launch {
  #isNetworkAsked = false;
  #output: Output | undefined;
  #watch: TaskWatch | undefined;
  #isTaskAsked = false;
  #stage: LaunchFailure["stage"] = "before-task";

  constructor(
    private readonly ctx: Context,
    private readonly entry: Entry,
    private readonly image: ImageConfig,
  ) {}

  async run(): Promise<Launched> {
    try {
      return await this.#go();
    } catch (thrown) {
      await this.#undo();
      throw new LaunchFailure(this.#stage, toError(thrown));
    }
  }

  async #go(): Promise<Launched> {
    const { parts, lifetime } = this.ctx;
    const { engine } = parts;
    const { container } = this.entry;
    const laps = new LapTimes(parts.clock);
    const attaching = this.#attach();
    const checking = this.#requireSnapshot();
    // Both have ended before a failure of either is answered: nothing is under way when it is undone.
    await Promise.allSettled([attaching, checking]);
    await checking;
    const attachment = await attaching;
    laps.done("network");
    this.#stage = "task";
    this.#output = await parts.logs.create(this.#outputRequest());
    this.entry.offerOutput(this.#output);
    laps.done("output");
    const { spec, warnings } = await parts.specs.build(
      {
        container,
        engineId: container.id,
        snapshotKey: snapshotKey(container.id),
        image: this.image,
        network: attachment,
      },
      lifetime,
    );
    laps.done("spec");
    this.#isTaskAsked = true;
    // createTask begins with taking away what an earlier attempt left; if it fails, #undo sees to it.
    this.ctx.leftovers.forget(container.id, "task");
    const pid = await engine.createTask(
      {
        id: container.id,
        snapshotKey: snapshotKey(container.id),
        spec,
        runtime: runtimeOf(container, parts.options.runtime),
        stdio: this.#output.stdio,
      },
      lifetime,
    );
    laps.done("taskCreate");
    this.#watch = new TaskWatch(engine, parts.clock, container.id);
    await applyTerminalSize(this.ctx, this.entry);
    await engine.startTask(container.id, lifetime);
    laps.done("taskStart");
    const run: Run = {
      output: this.#output,
      watch: this.#watch,
      startedAtMs: parts.clock.nowMs(),
      oomSeen: false,
    };
    const said = [...attachment.warnings, ...runtimeWarnings(container, parts.options.runtime), ...warnings];
    return { run, pid, attachment, warnings: said, laps: laps.fields };
  }

  async #attach(): Promise<NetworkAttachment> {
    const { parts, lifetime } = this.ctx;
    const { id } = this.entry;
    const request = networkRequest(this.entry.container, networkFolder(this.ctx, id));
    this.#isNetworkAsked = true;
    const attachment = await parts.network.attach(request, lifetime);
    // It has taken the place of whatever an earlier attempt left.
    this.ctx.leftovers.forget(id, "network");
    return attachment;
  }

  async #requireSnapshot(): Promise<void> {
    const { id } = this.entry;
    if (await this.ctx.parts.engine.hasSnapshot(snapshotKey(id), this.ctx.lifetime)) return;
    throw new SupercargoError(
      "SC_ENGINE_NOT_FOUND",
      `snapshot for container with ID = ${id} does not exist`,
      {
        hint: "somebody else took the container's file system away; remove the container and create it again",
        fields: { container: id },
      },
    );
  }

  #outputRequest() {
    const { container } = this.entry;
    return {
      id: container.id,
      tty: container.ioConfig.tty,
      openStdin: container.ioConfig.openStdin,
      logConfig: container.hostConfig.logConfig,
      logDir: logFolder(this.ctx, container.id),
    };
  }

  async #undo(): Promise<void> {
    const { ctx, entry } = this;
    this.#watch?.close();
    if (this.#isTaskAsked) await clearTask(ctx, entry.id);
    entry.nextOutput = undefined;
    if (this.#output !== undefined) await clearOutput(ctx, entry.id, this.#output);
    // Also when it was refused: taking its part back may have failed.
    if (this.#isNetworkAsked) await clearNetwork(ctx, entry.id);
  }
}
