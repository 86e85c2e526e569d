/** Images, network, logs and spec source in memory, with what they hold for the checks of the tests. */

import type { TaskStdio } from "../../../../src/engine/engine.ts";
import type { OciSpec } from "../../../../src/engine/spec/oci.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";
import type { EnsureOptions, Images, LocalImage } from "../../../../src/images/images.ts";
import type { LogQuery, Logs, Output, OutputRequest } from "../../../../src/logs/logs.ts";
import type { SpecRequest, SpecSource } from "../../../../src/manager/spec-source.ts";
import type { LogConfig } from "../../../../src/model/container.ts";
import type { Network, NetworkAttachment, NetworkRequest } from "../../../../src/network/network.ts";
import { FakeOutput } from "./fake-output.ts";

export class FakeImages implements Images {
  /** Names that can be had. */
  readonly known = new Set<string>(["registry.example/app:1", "registry.example/app:2"]);
  ensured = 0;
  /** Policies asked for, in order. */
  readonly policies: string[] = [];
  /** Names whose images are encrypted, and who may not open them. */
  readonly encrypted = new Set<string>();
  isKeyRefused = false;
  /** Names whose keys were asked for, and those that were looked up, in order. */
  readonly keysAsked: string[] = [];
  readonly lookedUp: string[] = [];
  /** Called while an image is asked for. */
  onEnsure: (name: string) => void = () => {};

  async find(name: string): Promise<LocalImage | undefined> {
    this.lookedUp.push(name);
    return this.known.has(name) ? this.#image(name) : undefined;
  }

  async ensure(name: string, signal: AbortSignal, options: EnsureOptions = {}): Promise<LocalImage> {
    this.ensured++;
    this.policies.push(options.policy ?? "missing");
    this.onEnsure(name);
    signal.throwIfAborted();
    if (name.includes("away")) {
      throw new SupercargoError("SC_REGISTRY_UNAVAILABLE", `registry of ${name} does not answer`);
    }
    if (!this.known.has(name)) throw new SupercargoError("SC_IMAGE_NOT_FOUND", `${name}: not found`);
    return this.#image(name);
  }

  async checkKeys(name: string): Promise<void> {
    this.keysAsked.push(name);
    if (this.isKeyRefused) {
      throw new SupercargoError("SC_IMAGE_INVALID", "you are not authorized to use this image: no key");
    }
  }

  #image(name: string): LocalImage {
    return {
      name,
      digest: `sha256:manifest-${name}`,
      chainId: `sha256:${name}`,
      config: { env: [], entrypoint: [], cmd: ["runs"], workingDir: "", user: "", stopSignal: "" },
      sizeBytes: 1000,
      ...(this.encrypted.has(name) ? { isEncrypted: true as const } : {}),
    };
  }
}

export class FakeNetwork implements Network {
  readonly attachments = new Map<string, NetworkAttachment>();
  /** Host port → id, or "other" for another process of the machine. */
  readonly ports = new Map<number, string>();
  /** What was asked for at each attachment, in order. */
  readonly requests: NetworkRequest[] = [];
  /** Ids with the names that they were given later. */
  readonly renamed: string[] = [];
  /** The next set-up waits for it. */
  untilOpened: Promise<void> = Promise.resolve();

  async open(keep: ReadonlySet<string>): Promise<void> {
    await this.untilOpened;
    for (const id of [...this.attachments.keys()]) if (!keep.has(id)) await this.release(id);
  }

  async check(request: NetworkRequest, replacing: string | undefined): Promise<void> {
    this.#check(request, replacing);
  }

  async attach(request: NetworkRequest): Promise<NetworkAttachment> {
    await this.release(request.id);
    this.#check(request, undefined);
    this.requests.push(request);
    for (const { hostPort } of request.portMappings) this.ports.set(hostPort, request.id);
    const attachment: NetworkAttachment = {
      id: request.id,
      namespacePath: `/run/netns/${request.id}`,
      hostName: request.hostName,
      settings: {
        networks: {
          bridge: {
            id: "e",
            gateway: "172.17.0.1",
            ipAddress: "172.17.0.2",
            macAddress: "",
            networkId: "n",
          },
        },
        sandboxId: request.id,
        sandboxKey: `/run/netns/${request.id}`,
        networkControllerId: "c",
      },
      files: { hostname: "/h", hosts: "/o", resolvConf: "/r" },
      published: request.portMappings.map(({ protocol, hostIp, hostPort, containerPort }) => ({
        protocol,
        hostIp,
        hostPort,
        containerPort,
      })),
      warnings: [],
    };
    this.attachments.set(request.id, attachment);
    return attachment;
  }

  attached(id: string): NetworkAttachment | undefined {
    return this.attachments.get(id);
  }

  problems(): readonly [] {
    return [];
  }

  rename(id: string, name: string): void {
    this.renamed.push(`${id} ${name}`);
  }

  async release(id: string): Promise<void> {
    this.attachments.delete(id);
    for (const [port, owner] of [...this.ports]) if (owner === id) this.ports.delete(port);
  }

  async close(): Promise<void> {}

  #check(request: NetworkRequest, replacing: string | undefined): void {
    for (const { hostPort } of request.portMappings) {
      const owner = this.ports.get(hostPort);
      if (owner !== undefined && owner !== request.id && owner !== replacing) {
        throw new SupercargoError("SC_PORT_IN_USE", `port ${hostPort} is in use by ${owner}`);
      }
    }
  }
}

export class FakeLogs implements Logs {
  /** Of every output. */
  losses: { lines: number; refusal: string | undefined } = { lines: 0, refusal: undefined };
  /** Folders of FIFOs that exist, one for each output, and whose they are. */
  readonly fifos = new Map<string, string>();
  /** Those that the present process reads. */
  readonly #read = new Set<string>();
  #folders = 0;
  readonly events: string[] = [];
  /** The newest of each container. */
  readonly outputs = new Map<string, FakeOutput>();
  /** What reading a container's log gives, and what was asked. */
  readonly texts = new Map<string, readonly string[]>();
  readonly queries: LogQuery[] = [];
  /** What reading fails with after the texts. */
  failure: Error | undefined;
  /** Folders of logs that were asked for, in order. */
  readonly logFolders: string[] = [];

  async open(): Promise<void> {
    this.#read.clear();
  }

  async create(request: OutputRequest): Promise<Output> {
    this.logFolders.push(request.logDir);
    const folder = `/fifo/${++this.#folders}`;
    this.fifos.set(folder, request.id);
    return this.#output(request.id, folder);
  }

  async reattach(request: OutputRequest, stdio: TaskStdio): Promise<Output> {
    this.events.push(`reattach ${request.id}`);
    this.logFolders.push(request.logDir);
    const folder = stdio.stdout.slice(0, stdio.stdout.lastIndexOf("/"));
    this.fifos.set(folder, request.id);
    return this.#output(request.id, folder);
  }

  async sweep(keep: ReadonlySet<string>): Promise<void> {
    const isRead = (id: string) => [...this.#read].some((folder) => this.fifos.get(folder) === id);
    for (const [folder, id] of [...this.fifos]) {
      if (!this.#read.has(folder) && (!keep.has(id) || isRead(id))) this.fifos.delete(folder);
    }
  }

  async close(): Promise<void> {}

  async *read(
    id: string,
    _logConfig: LogConfig,
    logDir: string,
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncIterable<string> {
    this.queries.push(query);
    this.logFolders.push(logDir);
    yield* this.texts.get(id) ?? [`log of ${id}`];
    if (this.failure !== undefined) throw this.failure;
    if (query.followUntil === undefined) return;
    // Nothing more is written: it ends with the following or with the call.
    const over = AbortSignal.any([signal, query.followUntil]);
    await new Promise<void>((resolve) => over.addEventListener("abort", () => resolve(), { once: true }));
    signal.throwIfAborted();
  }

  #output(id: string, folder: string): Output {
    this.#read.add(folder);
    const output = new FakeOutput(
      folder,
      () => this.losses,
      (keepFifos) => {
        this.events.push(`close ${id} ${keepFifos ? "keep" : "drain"}`);
        this.#read.delete(folder);
        if (!keepFifos) this.fifos.delete(folder);
      },
    );
    this.outputs.set(id, output);
    return output;
  }
}

/** The command is the container's, else the image's; a command `no-user` cannot be built. */
export class FakeSpecs implements SpecSource {
  readonly canLimitSwap = () => true;

  async build(request: SpecRequest) {
    const { container, image } = request;
    const own = container.config?.cmd ?? [];
    const args = own.length > 0 ? [...own] : [...image.cmd];
    if (args[0] === "no-user") throw new SupercargoError("SC_IMAGE_INVALID", "no user of that name");
    const spec: OciSpec = {
      ociVersion: "1.1.0",
      process: {
        user: { uid: 0, gid: 0 },
        args,
        env: [],
        cwd: "/",
        capabilities: { bounding: [], effective: [], permitted: [] },
        noNewPrivileges: true,
      },
      root: { path: "rootfs" },
      mounts: [],
      linux: { namespaces: [], cgroupsPath: `/test/${container.id}` },
    };
    return { spec, warnings: [] };
  }
}
