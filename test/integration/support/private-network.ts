/** A network room of its own for a test: a bridge with a name of its own, private folders, containers that are programs in namespaces. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { BridgeNetwork } from "../../../src/network/bridge-network.ts";
import type { Network, NetworkAttachment, NetworkRequest } from "../../../src/network/network.ts";
import type { NetworkOptions } from "../../../src/network/options.ts";
import { PersistentNetwork } from "../../../src/network/persistent-network.ts";
import { SwitchedOffNetwork } from "../../../src/network/switched-off-network.ts";
import { untilReady } from "./until-ready.ts";

const PEER = join(import.meta.dir, "net-peer.ts");
let serial = 0;

export interface NetworkChanges extends Partial<NetworkOptions> {
  readonly disabled?: boolean;
  readonly persistent?: boolean;
}

export class PrivateNetwork implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "supercargo-net-"));
  readonly bridgeName = `sct${process.pid % 10000}x${serial++}`;
  readonly logged: LogRecord[] = [];
  readonly #changes: NetworkChanges;
  readonly #servers: Bun.Subprocess[] = [];
  network: Network;

  constructor(changes: NetworkChanges = {}) {
    this.#changes = changes;
    this.network = this.make();
  }

  /** Another daemon with the same folders, as after a restart. */
  make(changes: NetworkChanges = {}): Network {
    const log = createLog("test", (record) => {
      this.logged.push(record);
    });
    const { disabled, persistent, ...options } = { ...this.#changes, ...changes };
    const whole = { ...this.settings(), log, clock: systemClock, ...options };
    const wanted = disabled === true ? new SwitchedOffNetwork(whole) : new BridgeNetwork(whole);
    return persistent === true ? new PersistentNetwork(wanted, whole) : wanted;
  }

  /** The options that can be told to another process. */
  settings(): Omit<NetworkOptions, "log" | "clock"> {
    return {
      bridgeName: this.bridgeName,
      address: "",
      fixedCidr: "",
      gateway: "",
      mtu: 1500,
      icc: true,
      ipTables: true,
      ipForward: true,
      ipMasq: true,
      enableIp6: false,
      localhost: "all",
      stateDir: join(this.folder, "state"),
      execDir: join(this.folder, "exec"),
      cniBinDirs: ["/usr/lib/cni", "/opt/cni/bin"],
    };
  }

  request(id: string, changes: Partial<NetworkRequest> = {}): NetworkRequest {
    const filesDir = join(this.folder, "containers", id);
    mkdirSync(filesDir, { recursive: true });
    return {
      id,
      name: id,
      mode: "bridge",
      hostName: `${id}-host`,
      domainName: `${id}-domain`,
      extraHosts: [],
      portMappings: [],
      filesDir,
      ...changes,
    };
  }

  attach(id: string, changes: Partial<NetworkRequest> = {}): Promise<NetworkAttachment> {
    return this.network.attach(this.request(id, changes), limit());
  }

  /** Starts a server in the container's namespace; answers when it listens. */
  async serve(
    attachment: NetworkAttachment,
    protocol: "tcp" | "udp",
    port: number,
    text: string,
  ): Promise<void> {
    const command = inside(attachment.namespacePath, ["serve", protocol, String(port), text]);
    const server = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
    this.#servers.push(server);
    await untilReady(server.stdout);
  }

  /** A process that lives in the container's namespace; answers its pid. */
  async live(attachment: NetworkAttachment): Promise<number> {
    await this.serve(attachment, "tcp", 80, "alive");
    const server = this.#servers.at(-1);
    if (server === undefined) throw new Error("no server");
    return server.pid;
  }

  /** A sender that does not pause, started in a namespace; answers when it has sent, with its further output. */
  async keepSending(namespacePath: string, host: string, port: number): Promise<() => Promise<string>> {
    const command = inside(namespacePath, ["send", "udp", host, String(port)]);
    const sender = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
    this.#servers.push(sender);
    const reader = sender.stdout.getReader();
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
    if ((await next()) !== "sent\n") throw new Error("the sender did not start");
    return next;
  }

  hosts(id: string): string {
    return readFileSync(join(this.folder, "containers", id, "hosts"), "utf8");
  }

  /** Waits until a hosts file says this: it is written a moment after the change at the latest. */
  hostsBecome(id: string, text: string): Promise<void> {
    return until(
      () => this.hosts(id) === text,
      () => `hosts file of ${id}:\n${this.hosts(id)}\ninstead of\n${text}`,
    );
  }

  async stopServers(): Promise<void> {
    for (const server of this.#servers.splice(0)) {
      server.kill("SIGKILL");
      await server.exited;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopServers();
    await this.network.close(true);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A private network that is open. */
export async function openPrivateNetwork(changes: NetworkChanges = {}): Promise<PrivateNetwork> {
  const made = new PrivateNetwork(changes);
  await made.network.open(new Set(), limit());
  return made;
}

/** Asks from inside a namespace (a file, see `ip netns`). */
export function askFrom(
  namespacePath: string | undefined,
  protocol: "tcp" | "udp",
  host: string,
  port: number,
): Promise<string> {
  return run(inside(namespacePath, ["ask", protocol, host, String(port)]));
}

/** Runs a program to its end and answers what it said; throws when it fails. */
export async function run(command: readonly string[], input = ""): Promise<string> {
  const child = Bun.spawn([...command], { stdin: Buffer.from(input), stdout: "pipe", stderr: "pipe" });
  const [output, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${complaint || output}`);
  return output.trim();
}

export function limit(): AbortSignal {
  return AbortSignal.timeout(20_000);
}

export function tcp(hostPort: number, containerPort: number, hostIp = "0.0.0.0", hostPortEnd = hostPort) {
  return { protocol: "tcp", hostIp, hostPort, hostPortEnd, containerPort };
}

export function addressOf(attachment: NetworkAttachment): string {
  return attachment.settings.networks["bridge"]?.ipAddress ?? "";
}

export function gatewayOf(attachment: NetworkAttachment): string {
  return attachment.settings.networks["bridge"]?.gateway ?? "";
}

/** Everything of the machine that the network room touches, as text to compare. */
export async function machineNetwork(): Promise<string> {
  const [links, rules, legacy] = await Promise.all([
    run(["ip", "-json", "-4", "address", "show"]),
    run(["nft", "list", "ruleset"]),
    run(["iptables-legacy-save"]),
  ]);
  const names: { ifname: string; addr_info: { local: string }[] }[] = JSON.parse(links);
  return [
    ...names.map((link) => `${link.ifname} ${link.addr_info.map((address) => address.local).join(" ")}`),
    // The order in which they are listed changes with every load.
    ...rules
      .split(/^(?=table )/m)
      .map((table) => table.trim())
      .sort(),
    legacy.replace(/^#.*$/gm, "").replace(/\[\d+:\d+\]/g, ""),
    readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
    readFileSync("/proc/self/mountinfo", "utf8").replace(/^\d+ \d+ /gm, ""),
  ].join("\n");
}

function inside(namespacePath: string | undefined, args: readonly string[]): string[] {
  const enter = namespacePath === undefined ? [] : ["nsenter", `--net=${namespacePath}`];
  return [...enter, process.execPath, PEER, ...args];
}
