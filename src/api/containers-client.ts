/**
 * The peer's 14 rpcs and ours from a client's side, in the words of the house. Works against Kanto's daemon as well; what
 * only ours offers is asked for (`hasExtension`).
 */

import type { RequestOf } from "../grpc/method.ts";
import type {
  Container,
  DesiredContainer,
  Resources,
  RestartPolicy,
  StopOptions,
} from "../model/container.ts";
import type { ExecWish } from "../model/exec.ts";
import type { Extras } from "../model/extras.ts";
import type { LiveLimits } from "../model/extras-rules.ts";
import type { ReplaceOptions, ReplaceOutcome } from "../model/replace.ts";
import { QUICK_CALL_MS } from "./call-limits.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import type { RemoteExec, TerminalCells } from "./exec-client.ts";
import { answeredContainer, containerFromWire } from "./from-wire.ts";
import { ContainersDefinition } from "./gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "./gen/api/services/sysinfo/system_info.ts";
import type { Container as WireContainer } from "./gen/api/types/containers/container.ts";
import { ORIGIN_HEADER } from "./origin-header.ts";
import type { BuildInfo } from "./sysinfo-service.ts";
import { desiredToWire, resourcesToWire, restartPolicyToWire, stopOptionsToWire } from "./to-wire.ts";

/** A start makes network, task and log; runc and CNI have their own shorter limits. */
export const START_CALL_MS = 120_000;
/** Added to the stop's own timeout, which counts twice when forced. */
const STOP_MARGIN_MS = 30_000;
/** The daemon's default stop timeout is unknown here; a stop without one gets this much. */
const DEFAULT_STOP_MS = 300_000;

function stopLimitMs(stop: StopOptions): number {
  return stop.timeoutSeconds === 0 ? DEFAULT_STOP_MS : 2000 * stop.timeoutSeconds + STOP_MARGIN_MS;
}

/** What needs our extension service loads with the first call of it. */
const extension = () => import("./extension-calls.ts");
const extrasClient = () => import("./extras-client.ts");

type SimpleMethod = "start" | "stop" | "restart" | "pause" | "unpause" | "rename" | "remove" | "update";

export class ContainersClient {
  /** @param origin who asks, noted by our daemon with what is created: `folder`, `cli` ... */
  constructor(
    private readonly connection: DaemonConnection,
    private readonly origin: string,
  ) {}

  /** Whether the daemon that answers now offers our extension service; false for Kanto's. */
  async hasExtension(signal: AbortSignal): Promise<boolean> {
    return (await extension()).offersExtension(this.connection, QUICK_CALL_MS, signal);
  }

  /** Resolves when our daemon has read settings of registries anew, or lives anew. Throws the signal's reason. */
  async settingsChange(signal: AbortSignal): Promise<void> {
    await (await import("./settings-change.ts")).settingsChange(this.connection, QUICK_CALL_MS, signal);
  }

  async list(signal: AbortSignal): Promise<readonly Container[]> {
    const { containers } = await this.connection.call(
      (client, options) => client.unary(ContainersDefinition, "list", {}, options),
      { signal, timeoutMs: QUICK_CALL_MS },
    );
    return containers.map(containerFromWire);
  }

  /** undefined for an unknown id. */
  async get(id: string, signal: AbortSignal): Promise<Container | undefined> {
    const { container } = await this.connection.call(
      (client, options) => client.unary(ContainersDefinition, "get", { id }, options),
      { signal, timeoutMs: QUICK_CALL_MS },
    );
    return container && containerFromWire(container);
  }

  /**
   * No limit but the signal: it waits for the pull. Extras need our daemon; of Kanto's SC_UNSUPPORTED for those that matter.
   * @param onLeftOut called with the keys that Kanto's daemon cannot do and that change nothing of what runs.
   */
  async create(
    desired: DesiredContainer,
    signal: AbortSignal,
    onLeftOut: (keys: readonly string[]) => void = () => {},
  ): Promise<Container> {
    if (desired.extras === undefined) return this.createWire(desiredToWire(desired), signal);
    if (await this.hasExtension(signal)) {
      const { createWithExtras } = await extrasClient();
      return createWithExtras(this.connection, desired, this.origin, signal);
    }
    const { withoutExtras } = await import("./peer-extras.ts");
    const { desired: plain, leftOut } = withoutExtras(desired);
    if (leftOut.length > 0) onLeftOut(leftOut);
    return this.createWire(desiredToWire(plain), signal);
  }

  /** Only with our daemon: extras by id, of the containers that have some. */
  async listExtras(signal: AbortSignal): Promise<ReadonlyMap<string, Extras>> {
    return (await extrasClient()).listExtras(this.connection, QUICK_CALL_MS, signal);
  }

  /** As `create`, for a message in which the sender left out what the daemon shall fill in. */
  async createWire(wish: WireContainer, signal: AbortSignal): Promise<Container> {
    const { container } = await this.connection.call(
      (client, options) => client.unary(ContainersDefinition, "create", { container: wish }, options),
      { signal, metadata: { [ORIGIN_HEADER]: this.origin } },
    );
    return answeredContainer(container, this.connection.addressText);
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await this.#simple("start", { id }, START_CALL_MS, signal);
  }

  async stop(id: string, options: StopOptions, signal: AbortSignal): Promise<void> {
    await this.#simple("stop", { id, stopOptions: stopOptionsToWire(options) }, stopLimitMs(options), signal);
  }

  async pause(id: string, signal: AbortSignal): Promise<void> {
    await this.#simple("pause", { id }, QUICK_CALL_MS, signal);
  }

  async unpause(id: string, signal: AbortSignal): Promise<void> {
    await this.#simple("unpause", { id }, QUICK_CALL_MS, signal);
  }

  /** In one piece with our daemon; Kanto's answers without having done anything. */
  async restart(id: string, signal: AbortSignal): Promise<void> {
    await this.#simple("restart", { id }, DEFAULT_STOP_MS + START_CALL_MS, signal);
  }

  async rename(id: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#simple("rename", { id, name }, QUICK_CALL_MS, signal);
  }

  /** `stop` undefined: as the daemon does by default. */
  async remove(
    id: string,
    force: boolean,
    stop: StopOptions | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const limitMs = stop === undefined ? DEFAULT_STOP_MS : stopLimitMs(stop);
    const stopOptions = stop && stopOptionsToWire(stop);
    await this.#simple("remove", { id, force, stopOptions }, limitMs, signal);
  }

  async update(
    id: string,
    policy: RestartPolicy | undefined,
    resources: Resources | undefined,
    signal: AbortSignal,
    limits?: LiveLimits,
  ): Promise<void> {
    if (limits !== undefined) {
      const changes = { policy, resources, limits };
      const { updateWithLimits } = await extrasClient();
      return updateWithLimits(this.connection, id, changes, QUICK_CALL_MS, signal);
    }
    const updateOptions = {
      restartPolicy: policy && restartPolicyToWire(policy),
      resources: resources && resourcesToWire(resources),
    };
    await this.#simple("update", { id, updateOptions }, QUICK_CALL_MS, signal);
  }

  /** Raw messages of the Logs rpc. Kanto's daemon knows neither `follow` nor `since` (RFC 3339; empty = all). */
  logs(
    id: string,
    tail: number,
    signal: AbortSignal,
    { follow = false, since = "" } = {},
  ): AsyncIterable<{ readonly log: string }> {
    const request = { id, tail, follow, since };
    return this.connection.stream(
      (client, options) => client.serverStream(ContainersDefinition, "logs", request, options),
      { signal },
    );
  }

  async projectInfo(signal: AbortSignal): Promise<BuildInfo> {
    const { projectInfo } = await this.connection.call(
      (client, options) => client.unary(SystemInfoDefinition, "projectInfo", {}, options),
      { signal, timeoutMs: QUICK_CALL_MS },
    );
    return projectInfo ?? { projectVersion: "", apiVersion: "", gitCommit: "", buildTime: "" };
  }

  /** Only with our daemon. No limit but the signal: it may pull. */
  async replace(
    id: string,
    desired: DesiredContainer,
    options: ReplaceOptions,
    signal: AbortSignal,
  ): Promise<ReplaceOutcome> {
    const { replaceRemotely } = await extension();
    return replaceRemotely(this.connection, id, desired, options, this.origin, signal);
  }

  /** Only with our daemon: calls back for each container there is, then at each change, until the signal aborts. */
  async watch(onChange: (container: Container) => void, signal: AbortSignal): Promise<void> {
    await (await extension()).watchRemotely(this.connection, onChange, signal);
  }

  /** Only with our daemon: imports an archive that lies on the device; answers the names of its images. */
  async importImage(path: string, name: string, signal: AbortSignal): Promise<readonly string[]> {
    return (await extension()).importRemotely(this.connection, path, name, signal);
  }

  /** Only with our daemon: runs a command in a running container; aborting the signal kills it. */
  async exec(
    id: string,
    wish: ExecWish,
    size: TerminalCells | undefined,
    signal: AbortSignal,
  ): Promise<RemoteExec> {
    const { execRemotely } = await import("./exec-client.ts");
    return execRemotely(this.connection, id, wish, size, signal);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** A request that is answered with nothing. */
  async #simple<M extends SimpleMethod>(
    method: M,
    request: RequestOf<(typeof ContainersDefinition)["methods"][M]>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.connection.call(
      (client, options) => client.unary(ContainersDefinition, method, request, options),
      {
        signal,
        timeoutMs,
      },
    );
  }
}
