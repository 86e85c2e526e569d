/**
 * A device as a Kanto leaves it that was killed or stopped (spec/engine.md §3, §8; spec/manifest.md §2): written by hand from
 * the description, on a real containerd, with real tasks, namespaces and iptables rules.
 */

import { closeSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PrivateDevice } from "../../../scripts/demo/private-device.ts";
import { MOUNT_BIND, makeFifo, mount } from "../../../src/base/libc.ts";
import { createLog } from "../../../src/base/log.ts";
import { ContainerdEngine } from "../../../src/engine/containerd/containerd-engine.ts";
import { usesSystemdCgroups } from "../../../src/engine/containerd/runtime.ts";
import { buildSpec } from "../../../src/engine/spec/build.ts";
import { plainContainer, specInput } from "../../unit/engine/support/spec-input.ts";
import { importBusybox, type TestImage } from "./busybox-image.ts";
import { stepSignal } from "./device.ts";
import { run } from "./private-network.ts";

export const KANTO_IMAGE = "localhost/test/kanto:1";
/** Not one that libnetwork gives by itself here, so that a kept address is seen to be kept. */
const BRIDGE_ADDRESS = "172.28.0.1";

export interface KantoPort {
  readonly container_port: number;
  readonly host_ip: string;
  readonly host_port: number;
  readonly host_port_end: number;
  /** What libnetwork took. */
  readonly chosen: number;
}

export class KantoHome {
  readonly home: string;
  readonly execRoot: string;
  readonly #bridge: string;
  readonly #engine: ContainerdEngine;
  readonly #readers: number[] = [];
  #image: TestImage | undefined;
  #serial = 0;

  constructor(private readonly device: PrivateDevice) {
    this.home = join(device.places.home, "cm");
    this.execRoot = join(device.places.run, "cm");
    this.#bridge = device.places.bridge;
    this.#engine = new ContainerdEngine({
      address: device.containerd.socket,
      namespace: device.namespace,
      leaseId: "kanto-cm.lease",
      runcRuntime: "io.containerd.runc.v2",
      // Relative to the bundle, as Kanto gives it.
      runcRoot: "runc/runtimes-io.containerd.runc.v2",
      scratchDir: join(device.places.run, "scratch"),
      log: createLog("kanto", () => {}),
    });
  }

  /** Image, bridge, libnetwork's rules and store, the folders. */
  async begin(): Promise<void> {
    await this.#engine.open(stepSignal());
    this.#image = await importBusybox(this.#engine.content, KANTO_IMAGE, stepSignal());
    for (const folder of ["containers", "overlayfs", "deployment"])
      mkdirSync(join(this.home, folder), { recursive: true, mode: 0o711 });
    mkdirSync(join(this.home, "network/files"), { recursive: true, mode: 0o750 });
    writeFileSync(join(this.home, "network/files/local-kv.db"), "bolt");
    for (const folder of ["netns", "fifo"])
      mkdirSync(join(this.execRoot, folder), { recursive: true, mode: 0o711 });
    await run(["sh", "-ec", this.#machine()]);
  }

  /** Puts the image back, also when the engine was closed meanwhile. */
  async importImage(): Promise<void> {
    await this.#engine.open(stepSignal());
    await importBusybox(this.#engine.content, KANTO_IMAGE, stepSignal());
    await this.#engine.close();
  }

  /** As libnetwork sets the machine up (spec/engine.md §8). */
  #machine(): string {
    const b = this.#bridge;
    return `
      ip link add ${b} type bridge
      ip address add ${BRIDGE_ADDRESS}/16 dev ${b}
      ip link set ${b} up
      echo 1 >/proc/sys/net/ipv4/ip_forward
      iptables-restore --noflush <<END
*filter
:FORWARD DROP
:DOCKER -
:DOCKER-ISOLATION-STAGE-1 -
:DOCKER-ISOLATION-STAGE-2 -
:DOCKER-USER -
-A DOCKER-USER -j RETURN
-A DOCKER-ISOLATION-STAGE-1 -i ${b} ! -o ${b} -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o ${b} -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o ${b} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o ${b} -j DOCKER
-A FORWARD -i ${b} ! -o ${b} -j ACCEPT
-A FORWARD -i ${b} -o ${b} -j ACCEPT
COMMIT
*nat
:DOCKER -
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -o ${b} -m addrtype --src-type LOCAL -j MASQUERADE
-A POSTROUTING -s 172.28.0.0/16 ! -o ${b} -j MASQUERADE
-A DOCKER -i ${b} -j RETURN
COMMIT
END
      echo 1 >/proc/sys/net/ipv4/conf/${b}/route_localnet`;
  }

  /** A running container; answers its pid and address. */
  async start(
    id: string,
    cmd: readonly string[],
    ports: readonly KantoPort[] = [],
    mode: "bridge" | "host" = "bridge",
  ): Promise<{ readonly pid: number; readonly address: string }> {
    const serial = ++this.#serial;
    const sandboxId = id.padEnd(64, "0");
    const stdio = this.#fifos(id, serial);
    const input = specInput(plainContainer({ id, config: { env: [], cmd } }), {
      namespace: this.device.namespace,
      systemdCgroup: usesSystemdCgroups(),
      networkNamespace: undefined,
      files: { resolvConf: "/etc/resolv.conf", hostname: "/etc/hostname", hosts: "/etc/hosts" },
    });
    const { spec } = buildSpec(input);
    const namespaces = spec.linux?.namespaces ?? [];
    const linux = {
      ...spec.linux,
      namespaces: [
        ...namespaces.filter(({ type }) => type !== "network"),
        ...(mode === "bridge" ? [{ type: "network" }] : []),
      ],
    };
    const key = `${id}-snapshot`;
    await this.#engine.prepareSnapshot(key, this.#image?.chainId ?? "", stepSignal());
    const pid = await this.#engine.createTask(
      { id, snapshotKey: key, spec: { ...spec, linux }, runtime: "io.containerd.runc.v2", stdio },
      stepSignal(),
    );
    const address = mode === "bridge" ? `172.28.0.${serial + 1}` : "";
    if (mode === "bridge") await this.#connect(pid, serial, address, sandboxId, ports);
    await this.#engine.startTask(id, stepSignal());
    this.#mountAgain(id);
    const endpoint = {
      id: `${id}e`.padEnd(64, "1"),
      gateway: mode === "bridge" ? BRIDGE_ADDRESS : "",
      ip_address: address,
      mac_address: mode === "bridge" ? macOf(serial) : "",
      network_id: "2".repeat(64),
    };
    this.write(id, {
      network: mode,
      ports,
      state: { pid, started_at: "2024-06-28T07:35:20.5Z", running: true, status: 2 },
      network_settings: {
        networks: { [mode]: endpoint },
        sandbox_id: sandboxId,
        sandbox_key: join(this.execRoot, "netns", mode === "host" ? "default" : sandboxId.slice(0, 12)),
        network_controller_id: "3".repeat(64),
      },
    });
    return { pid, address };
  }

  /** One that does not run: its snapshot and its state. */
  async makeStill(
    id: string,
    still: Omit<StoredParts, "network" | "ports" | "network_settings">,
  ): Promise<void> {
    await this.#engine.prepareSnapshot(`${id}-snapshot`, this.#image?.chainId ?? "", stepSignal());
    this.#mountAgain(id);
    this.write(id, { network: "bridge", ports: [], network_settings: null, ...still });
  }

  write(id: string, parts: StoredParts): void {
    const folder = join(this.home, "containers", id);
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    writeFileSync(join(folder, "config.json"), `${JSON.stringify(stored(id, folder, parts))}\n`, {
      mode: 0o644,
    });
    writeFileSync(
      join(folder, "json.log"),
      '{"stream":"stdout","log":"written by Kanto\\n","time":"2024-06-28T07:35:21.123456789Z"}\n',
      { mode: 0o644 },
    );
  }

  /** Killed: nobody reads the output any more, nothing else changes. */
  async die(): Promise<void> {
    await this.#engine.close();
    for (const reader of this.#readers.splice(0)) closeSync(reader);
  }

  #fifos(id: string, serial: number) {
    const folder = join(this.execRoot, "fifo", String(1_000_000 + serial));
    mkdirSync(folder, { mode: 0o700 });
    const [stdout = "", stderr = ""] = ["stdout", "stderr"].map((name) => join(folder, `${id}-${name}`));
    for (const path of [stdout, stderr]) {
      makeFifo(path, 0o700);
      this.#readers.push(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    }
    return { stdin: "", stdout, stderr, terminal: false };
  }

  async #connect(
    pid: number,
    serial: number,
    address: string,
    sandboxId: string,
    ports: readonly KantoPort[],
  ): Promise<void> {
    const file = join(this.execRoot, "netns", sandboxId.slice(0, 12));
    writeFileSync(file, "");
    mount(`/proc/${pid}/ns/net`, file, "", MOUNT_BIND, "");
    const b = this.#bridge;
    const host = `vk${pid % 100000}x${serial}`;
    const inside = `nsenter --net=${file} ip`;
    const rules = ports.map(({ host_ip, chosen, container_port }) => {
      const to = host_ip === "localhost" || host_ip === "0.0.0.0" ? "" : `-d ${host_ip}/32 `;
      return `
        iptables -t nat -A DOCKER ${to}! -i ${b} -p tcp --dport ${chosen} -j DNAT --to-destination ${address}:${container_port}
        iptables -t nat -A POSTROUTING -s ${address}/32 -d ${address}/32 -p tcp --dport ${container_port} -j MASQUERADE
        iptables -A DOCKER -d ${address}/32 ! -i ${b} -o ${b} -p tcp --dport ${container_port} -j ACCEPT`;
    });
    await run([
      "sh",
      "-ec",
      `ip link add ${host} master ${b} type veth peer name kpeer${serial}
       ip link set ${host} up
       ip link set kpeer${serial} netns ${pid}
       ${inside} link set lo up
       ${inside} link set kpeer${serial} name eth0 address ${macOf(serial)}
       ${inside} address add ${address}/16 dev eth0
       ${inside} link set eth0 up
       ${inside} route add default via ${BRIDGE_ADDRESS}
       ${rules.join("\n")}`,
    ]);
  }

  /** The second mount of the file system that Kanto makes at Create. */
  #mountAgain(id: string): void {
    const path = join(this.home, "overlayfs", id, "rootfs");
    mkdirSync(path, { recursive: true });
    mount("tmpfs", path, "tmpfs", 0n, "size=64k");
  }
}

function macOf(serial: number): string {
  return `02:42:ac:1c:00:${(serial + 1).toString(16).padStart(2, "0")}`;
}

interface StoredState {
  readonly pid?: number;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly exit_code?: number;
  readonly exited?: boolean;
  readonly running?: boolean;
  readonly dead?: boolean;
  readonly status: number;
}

export interface StoredParts {
  readonly network: "bridge" | "host";
  readonly ports: readonly KantoPort[];
  readonly state: StoredState;
  readonly network_settings: unknown;
  readonly manually_stopped?: boolean;
  readonly started_successfully_before?: boolean;
  readonly policy?: string;
}

/** One line, keys in Kanto's order, what is empty as Kanto has it (spec/manifest.md §2). */
function stored(id: string, folder: string, parts: StoredParts): unknown {
  const ports = parts.ports.map(({ container_port, host_ip, host_port, host_port_end }) => ({
    proto: "tcp",
    container_port,
    host_ip,
    host_port,
    host_port_end,
  }));
  return {
    container_id: id,
    container_name: id,
    image: { name: KANTO_IMAGE },
    domain_name: `${id}-domain`,
    host_name: `${id}-host`,
    resolv_conf_path: join(folder, "resolv.conf"),
    hosts_path: join(folder, "hosts"),
    hostname_path: join(folder, "hostname"),
    mount_points: null,
    hooks: null,
    config: { cmd: ["busybox", "sleep", "100000"] },
    host_config: {
      devices: null,
      network_mode: parts.network,
      privileged: false,
      restart_policy: {
        maximum_retry_count: 0,
        retry_timeout: 0,
        type: parts.policy ?? "unless-stopped",
      },
      runtime: "io.containerd.runc.v2",
      extra_hosts: null,
      extra_capabilities: null,
      port_mappings: ports.length === 0 ? null : ports,
      log_config: {
        driver_config: { type: "json-file", max_files: 2, max_size: "100M" },
        mode_config: { mode: "blocking" },
      },
      resources: null,
    },
    io_config: {
      attach_stderr: false,
      attach_stdin: false,
      attach_stdout: false,
      open_stdin: false,
      stdin_once: false,
      tty: false,
    },
    network_settings: parts.network_settings,
    state: {
      pid: -1,
      started_at: "",
      error: "",
      exit_code: 0,
      finished_at: "",
      exited: false,
      dead: false,
      restarting: false,
      paused: false,
      running: false,
      oomKilled: false,
      ...parts.state,
    },
    created: "2024-06-28T07:35:19.25Z",
    restart_count: 0,
    manually_stopped: parts.manually_stopped ?? false,
    started_successfully_before: parts.started_successfully_before ?? true,
  };
}
