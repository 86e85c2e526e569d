/** Container records in containerd: what a task is made from. Ours have neither image nor labels, as the peer's. */

import { printExact } from "../../base/json/exact.ts";
import type { OciSpec } from "../spec/oci.ts";
import type { Connection } from "./connection.ts";
import { unlessMissing } from "./engine-errors.ts";
import { type Container, ContainersDefinition } from "./gen/containerd/services/containers.ts";
import { type RuntimeConfig, runtimeFor } from "./runtime.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

export interface RecordRequest {
  readonly id: string;
  readonly snapshotKey: string;
  readonly spec: OciSpec;
  readonly runtime: string;
}

export class Records {
  constructor(
    private readonly connection: Connection,
    private readonly snapshotter: string,
    private readonly leaseId: string,
    private readonly runtime: RuntimeConfig,
  ) {}

  /** SC_ENGINE_EXISTS when the id is taken. */
  async create(request: RecordRequest, signal: AbortSignal): Promise<void> {
    await this.restore({ ...request, spec: Buffer.from(printExact(request.spec), "utf8") }, signal);
  }

  /** The same with a specification that is text already. */
  async restore(
    request: Omit<RecordRequest, "spec"> & { spec: Uint8Array },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#put(request.id, request.runtime, request.spec, this.snapshotter, request.snapshotKey, signal);
  }

  /** A record without content, only so that a task that has lost its own can be deleted. */
  async createStandIn(id: string, signal: AbortSignal): Promise<void> {
    await this.#put(id, this.runtime.runcRuntime, Buffer.from("{}"), "", "", signal);
  }

  async #put(
    id: string,
    wantedRuntime: string,
    spec: Uint8Array,
    snapshotter: string,
    snapshotKey: string,
    signal: AbortSignal,
  ): Promise<void> {
    const runtime = runtimeFor(wantedRuntime, this.runtime);
    const container: Container = {
      id,
      labels: {},
      image: "",
      runtime,
      spec: { typeUrl: SPEC_TYPE, value: Buffer.from(spec) },
      snapshotter,
      snapshotKey,
      createdAt: undefined,
      updatedAt: undefined,
    };
    const options = { signal, limitMs: TIME_LIMITS_MS.record, lease: this.leaseId };
    await this.connection.rpc.unary(ContainersDefinition, "create", { container }, options);
  }

  /** The specification that the record holds; undefined without a record. */
  async spec(id: string, signal: AbortSignal): Promise<OciSpec | undefined> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record };
    const found = await unlessMissing(
      this.connection.rpc.unary(ContainersDefinition, "get", { id }, options),
    );
    const value = found?.container?.spec?.value;
    return value === undefined ? undefined : (JSON.parse(Buffer.from(value).toString("utf8")) as OciSpec);
  }

  async ids(signal: AbortSignal): Promise<string[]> {
    const options = { signal, limitMs: TIME_LIMITS_MS.list };
    const { containers } = await this.connection.rpc.unary(
      ContainersDefinition,
      "list",
      { filters: [] },
      options,
    );
    return containers.map((container) => container.id);
  }

  /** Missing is fine. Its task must be gone: containerd 1.6 does not check that (pitfalls §5). */
  async remove(id: string, signal: AbortSignal): Promise<void> {
    const options = { signal, limitMs: TIME_LIMITS_MS.record, lease: this.leaseId };
    await unlessMissing(this.connection.rpc.unary(ContainersDefinition, "delete", { id }, options));
  }
}
