/**
 * What the manager sees of the network. A namespace is a file that outlives the daemon; addresses and published ports
 * are in a record of ours on disk, one truth. Facts: DESIGN §4 "Network, in detail", spec/engine.md §8, spec/pitfalls.md §3.
 */

import type { NetworkSettings, PortMapping } from "../model/container.ts";
import type { Problem } from "../model/problem.ts";

export interface NetworkRequest {
  readonly id: string;
  /** The container's name, by which other containers on the bridge reach it, as they do by its host name. */
  readonly name: string;
  readonly mode: "bridge" | "host";
  readonly hostName: string;
  readonly domainName: string;
  readonly extraHosts: readonly string[];
  readonly portMappings: readonly PortMapping[];
  /** Folder for the files `hostname`, `hosts`, `resolv.conf`. */
  readonly filesDir: string;
}

export interface NetworkAttachment {
  readonly id: string;
  /** Path for the network namespace of the OCI spec; undefined = the host's own (no namespace entry). */
  readonly namespacePath: string | undefined;
  readonly hostName: string;
  readonly settings: NetworkSettings;
  readonly files: { readonly hostname: string; readonly hosts: string; readonly resolvConf: string };
  /** Ports really published (a range or port 0 chooses one). */
  readonly published: readonly PublishedPort[];
  /** Extra hosts that could not be resolved and were left out, in words. */
  readonly warnings: readonly string[];
}

export interface PublishedPort {
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

/** A container that runs, perhaps connected by another manager: what it takes to go on with it. */
export interface RunningContainer {
  readonly request: NetworkRequest;
  readonly pid: number;
  /** As its state has them. */
  readonly settings: NetworkSettings | undefined;
}

export interface Network {
  /**
   * Makes or adopts the bridge, loads the table, takes away what a killed daemon left: everything of ours (namespace
   * files, addresses, rules, ports) whose id is not in `keep`; what is in `keep` goes on working.
   * Of `running`, those that the record does not know are taken over with their addresses and ports.
   */
  open(keep: ReadonlySet<string>, signal: AbortSignal, running?: readonly RunningContainer[]): Promise<void>;
  /**
   * Checks a request without doing anything lasting: port free (in our record and on the machine), mode, extra hosts.
   * `replacing` names the container whose ports may be taken over.
   */
  check(request: NetworkRequest, replacing: string | undefined, signal: AbortSignal): Promise<void>;
  /** Namespace, address, files, published ports. Repeated for the same id: takes away what is there and makes it anew. On failure nothing is left. */
  attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment>;
  /** What is attached now, from the record. */
  attached(id: string): NetworkAttachment | undefined;
  /** What of it does not work now, for a person. */
  problems(): readonly Problem[];
  /** The container has another name now, by which the others reach it. */
  rename(id: string, name: string): void;
  /** Takes away all of it; missing is fine. Hosts files of others are refreshed. */
  release(id: string): Promise<void>;
  /** Ends; `remove` also takes bridge, table and settings of the kernel back (used when nothing runs any more). */
  close(remove: boolean): Promise<void>;
}
