/** The daemon's configuration as the house sees it, and its defaults (spec/config.md §3, spec/engine.md §2; ours: DESIGN §4, §5). */

import type { LogLevel } from "../base/log.ts";
import { DEFAULT_SOCKET } from "./default-socket.ts";

export interface RegistryConfig {
  readonly credentials?: {
    readonly userId: string;
    readonly password: string;
    /** Ours: Kanto knows only `password`. */
    readonly passwordFile?: string;
    /** Ours: name of a variable of the daemon's environment. */
    readonly passwordEnv?: string;
    /** Ours: a docker credential helper. */
    readonly helper?: string;
  };
  /** Ours: asked before the registry. */
  readonly mirrors?: readonly string[];
  readonly transport?: { readonly rootCa: string; readonly clientCert: string; readonly clientKey: string };
}

export interface DaemonConfig {
  readonly log: {
    readonly file: string;
    readonly level: LogLevel;
    /** MB. */
    readonly fileSize: number;
    readonly fileCount: number;
    /** Days. */
    readonly fileMaxAge: number;
    readonly syslog: boolean;
  };
  readonly manager: {
    readonly homeDir: string;
    readonly execRootDir: string;
    readonly defaultStopTimeoutMs: number;
    /** Ours: containers go on when the daemon ends. */
    readonly liveRestore: boolean;
    /** Ours: gives file pages of the executable back when idle. */
    readonly returnMemory: boolean;
  };
  readonly containers: {
    readonly namespace: string;
    readonly addressPath: string;
    readonly registries: Readonly<Record<string, RegistryConfig>>;
    readonly insecureRegistries: readonly string[];
    /** Ours: docker's config.json, for hosts without credentials of their own; empty = none. */
    readonly dockerConfig: string;
    readonly execRootDir: string;
    readonly homeDir: string;
    readonly imageDecKeys: readonly string[];
    readonly imageDecRecipients: readonly string[];
    readonly runcRuntime: string;
    readonly imageExpiryMs: number;
    readonly imageExpiryDisable: boolean;
    readonly leaseId: string;
    readonly imageVerifierType: string;
    readonly imageVerifierConfig: Readonly<Record<string, string>>;
    /** Ours. */
    readonly defaultSeccomp: "default" | "unconfined";
  };
  readonly network: {
    readonly type: string;
    readonly homeDir: string;
    readonly execRootDir: string;
    /** Ours: what a host_ip that is no address means. */
    readonly localhost: "all" | "loopback";
    readonly bridge: {
      readonly disable: boolean;
      readonly name: string;
      readonly ip4: string;
      readonly fixedCidr4: string;
      readonly gatewayIp4: string;
      readonly enableIp6: boolean;
      readonly mtu: number;
      readonly icc: boolean;
      readonly ipTables: boolean;
      readonly ipForward: boolean;
      readonly ipMasq: boolean;
      readonly userlandProxy: boolean;
    };
  };
  readonly grpcServer: { readonly protocol: string; readonly addressPath: string };
  readonly deployment: {
    readonly enable: boolean;
    readonly mode: "init" | "update" | "watch";
    readonly homeDir: string;
    readonly ctrDir: string;
    /** Where it is remembered what was deployed; shared with the auto deployer, so that one of them owns a folder. */
    readonly stateDir: string;
  };
  readonly things: {
    readonly enable: boolean;
    readonly homeDir: string;
    readonly features: readonly string[];
  };
  readonly updateAgent: {
    readonly enable: boolean;
    readonly domain: string;
    readonly systemContainers: readonly string[];
    readonly verboseInventoryReport: boolean;
    /** Ours: who leads a desired state (DESIGN §5). */
    readonly drive: "auto" | "self" | "orchestrator";
    readonly commandWaitMs: number;
    readonly probationMs: number;
    readonly silenceMs: number;
    readonly currentStateDelayMs: number;
    /** Ours: origins such as `folder`. */
    readonly protect: readonly string[];
  };
  readonly connection: {
    readonly brokerUrl: string;
    readonly keepAliveMs: number;
    readonly disconnectTimeoutMs: number;
    readonly clientUsername: string;
    /** In place also when it comes from file or environment. */
    readonly clientPassword: string;
    /** Ours: where the password comes from instead; empty = not. */
    readonly clientPasswordFile: string;
    readonly clientPasswordEnv: string;
    readonly connectTimeoutMs: number;
    readonly acknowledgeTimeoutMs: number;
    readonly subscribeTimeoutMs: number;
    readonly unsubscribeTimeoutMs: number;
    readonly transport?: { readonly rootCa: string; readonly clientCert: string; readonly clientKey: string };
  };
}

const HOME = "/var/lib/container-management";
const EXEC_ROOT = "/var/run/container-management";
const HOUR_MS = 3_600_000;

export const DEFAULT_CONFIG: DaemonConfig = {
  log: {
    file: "log/container-management.log",
    level: "INFO",
    fileSize: 2,
    fileCount: 5,
    fileMaxAge: 28,
    syslog: false,
  },
  manager: {
    homeDir: HOME,
    execRootDir: EXEC_ROOT,
    defaultStopTimeoutMs: 30_000,
    liveRestore: true,
    returnMemory: false,
  },
  containers: {
    namespace: "kanto-cm",
    addressPath: "/run/containerd/containerd.sock",
    registries: {},
    insecureRegistries: ["localhost"],
    dockerConfig: "",
    execRootDir: EXEC_ROOT,
    homeDir: HOME,
    imageDecKeys: [],
    imageDecRecipients: [],
    runcRuntime: "io.containerd.runc.v2",
    imageExpiryMs: 744 * HOUR_MS,
    imageExpiryDisable: false,
    leaseId: "kanto-cm.lease",
    imageVerifierType: "none",
    imageVerifierConfig: {},
    defaultSeccomp: "unconfined",
  },
  network: {
    type: "bridge",
    homeDir: HOME,
    execRootDir: EXEC_ROOT,
    localhost: "all",
    bridge: {
      disable: false,
      name: "kanto-cm0",
      ip4: "",
      fixedCidr4: "",
      gatewayIp4: "",
      enableIp6: false,
      mtu: 1500,
      icc: true,
      ipTables: true,
      ipForward: true,
      ipMasq: true,
      userlandProxy: false,
    },
  },
  grpcServer: { protocol: "unix", addressPath: DEFAULT_SOCKET },
  deployment: {
    enable: true,
    mode: "update",
    homeDir: HOME,
    ctrDir: "/etc/container-management/containers",
    stateDir: "/var/lib/kanto-auto-deployer",
  },
  things: { enable: true, homeDir: HOME, features: ["ContainerFactory", "SoftwareUpdatable", "Metrics"] },
  updateAgent: {
    enable: false,
    domain: "containers",
    systemContainers: [],
    verboseInventoryReport: false,
    drive: "auto",
    commandWaitMs: 10_000,
    probationMs: 3_000,
    silenceMs: 1_800_000,
    currentStateDelayMs: 5_000,
    protect: [],
  },
  connection: {
    brokerUrl: "tcp://localhost:1883",
    keepAliveMs: 20_000,
    disconnectTimeoutMs: 250,
    clientUsername: "",
    clientPassword: "",
    clientPasswordFile: "",
    clientPasswordEnv: "",
    connectTimeoutMs: 30_000,
    acknowledgeTimeoutMs: 15_000,
    subscribeTimeoutMs: 15_000,
    unsubscribeTimeoutMs: 5_000,
  },
};
