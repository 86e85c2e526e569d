/** Every key of the daemon's configuration: where it stands in the file, its flag, its kind (spec/config.md §3). */

export type KeyKind =
  | "text"
  | "bool"
  | "number"
  | "texts"
  | "duration"
  /** As duration; a text that is none is warned about, and the default is used. */
  | "lenient-duration"
  /** Duration text, or whole seconds as number or digits. */
  | "stop-timeout"
  /** `k=v,k=v` as a flag, an object of texts in the file. */
  | "pairs"
  /** `registry_configurations`. */
  | "registries";

export interface ConfigKey {
  /** `section.key`, as in the file. */
  readonly path: string;
  readonly flag?: string;
  readonly kind: KeyKind;
  /** Allowed values; others are refused. */
  readonly choices?: readonly string[];
  readonly usage: string;
}

type Row = readonly [path: string, flag: string, kind: KeyKind, usage: string, choices?: readonly string[]];

const ROWS: readonly Row[] = [
  ["log.log_file", "log-file", "text", "Log file; empty: stdout"],
  ["log.log_level", "log-level", "text", "ERROR, WARN, INFO, DEBUG or TRACE"],
  ["log.log_file_size", "log-file-size", "number", "Size in MB at which the log file is rotated"],
  ["log.log_file_count", "log-file-count", "number", "Old log files kept"],
  ["log.log_file_max_age", "log-file-max-age", "number", "Days after which old log files are removed"],
  ["log.syslog", "log-syslog", "bool", "Log to the system's log when there is no log file"],
  ["manager.home_dir", "cm-home-dir", "text", "Folder of the stored state"],
  ["manager.exec_root_dir", "cm-exec-root-dir", "text", "Folder of the run-time state"],
  ["manager.container_client_sid", "cm-cc-sid", "text", "Accepted for compatibility, without effect"],
  ["manager.network_manager_sid", "cm-net-sid", "text", "Accepted for compatibility, without effect"],
  [
    "manager.default_ctrs_stop_timeout",
    "cm-deflt-ctrs-stop-timeout",
    "stop-timeout",
    "Time a container gets to stop",
  ],
  ["manager.live_restore", "", "bool", "Containers go on running when the daemon ends"],
  ["manager.return_memory", "", "bool", "Gives file pages back to the system when idle"],
  ["containers.default_ns", "ccl-default-ns", "text", "Namespace in containerd"],
  ["containers.address_path", "ccl-ap", "text", "Socket of containerd"],
  ["containers.registry_configurations", "", "registries", "Credentials and TLS by registry host"],
  [
    "containers.insecure_registries",
    "ccl-insecure-registries",
    "texts",
    "Registries reached without verified TLS",
  ],
  ["containers.docker_config", "", "text", "Docker's config.json with credentials of further registries"],
  ["containers.exec_root_dir", "ccl-exec-root-dir", "text", "Folder of the run-time state of containers"],
  ["containers.home_dir", "ccl-home-dir", "text", "Folder of the stored state of containers"],
  ["containers.image_dec_keys", "ccl-image-dec-keys", "texts", "Keys for encrypted images"],
  ["containers.image_dec_recipients", "ccl-image-dec-recipients", "texts", "Recipients for encrypted images"],
  ["containers.runc_runtime", "ccl-runc-runtime", "text", "Runtime for runc"],
  ["containers.image_expiry", "ccl-image-expiry", "duration", "Age at which unused images are removed"],
  ["containers.image_expiry_disable", "ccl-image-expiry-disable", "bool", "Unused images are kept"],
  ["containers.lease_id", "ccl-lease-id", "text", "Lease in containerd"],
  ["containers.image_verifier_type", "ccl-image-verifier-type", "text", "none or notation"],
  ["containers.image_verifier_config", "ccl-image-verifier-config", "pairs", "Settings of the verifier"],
  ["containers.default_seccomp", "", "text", "default or unconfined", ["default", "unconfined"]],
  ["network.type", "net-type", "text", "Default network type"],
  ["network.home_dir", "net-home-dir", "text", "Folder of the stored state of the network"],
  ["network.exec_root_dir", "net-exec-root-dir", "text", "Folder of the run-time state of the network"],
  [
    "network.localhost",
    "",
    "text",
    "What a host_ip that is no address means: all or loopback",
    ["all", "loopback"],
  ],
  ["network.default_bridge.disable", "net-tbr-disable", "bool", "No default bridge"],
  ["network.default_bridge.name", "net-br-name", "text", "Name of the bridge"],
  ["network.default_bridge.ip4", "net-br-ip4", "text", "Address of the bridge, with prefix length"],
  ["network.default_bridge.fcidr4", "net-br-fcidr4", "text", "Part of the subnet for containers"],
  ["network.default_bridge.gwip4", "net-br-gwip4", "text", "Default gateway of the containers"],
  ["network.default_bridge.enable_ip6", "net-br-enable-ip6", "bool", "IPv6 on the bridge"],
  ["network.default_bridge.mtu", "net-br-mtu", "number", "MTU of the bridge in bytes"],
  ["network.default_bridge.icc", "net-br-icc", "bool", "Containers reach each other"],
  ["network.default_bridge.ip_tables", "net-br-ipt", "bool", "Packet filter rules are made"],
  ["network.default_bridge.ip_forward", "net-br-ipfw", "bool", "Forwarding is switched on"],
  ["network.default_bridge.ip_masq", "net-br-ipmasq", "bool", "Masquerading of what leaves the bridge"],
  [
    "network.default_bridge.userland_proxy",
    "net-br-ulp",
    "bool",
    "Accepted for compatibility, without effect",
  ],
  ["grpc_server.protocol", "grpc-serv-netp", "text", "unix or tcp"],
  ["grpc_server.address_path", "grpc-serv-ap", "text", "Socket path, or host:port"],
  ["deployment.enable", "deployment-enable", "bool", "Initial deployment at start"],
  ["deployment.mode", "deployment-mode", "text", "init, update or watch"],
  ["deployment.home_dir", "deployment-home-dir", "text", "Folder of the deployment's marker"],
  ["deployment.ctr_dir", "deployment-ctr-dir", "text", "Folder of the container descriptors"],
  ["deployment.state_dir", "deployment-state-dir", "text", "Folder that remembers what was deployed"],
  ["things.enable", "things-enable", "bool", "Digital twin"],
  ["things.home_dir", "things-home-dir", "text", "Folder of the digital twin's state"],
  ["things.features", "things-features", "texts", "Features of the digital twin"],
  ["update_agent.enable", "ua-enable", "bool", "Update agent"],
  ["update_agent.domain", "ua-domain", "text", "Domain of the update agent"],
  [
    "update_agent.system_containers",
    "ua-system-containers",
    "texts",
    "Containers that the agent never touches",
  ],
  [
    "update_agent.verbose_inventory_report",
    "ua-verbose-inventory-report",
    "bool",
    "More detail in inventories",
  ],
  [
    "update_agent.drive",
    "",
    "text",
    "Who leads a desired state: auto, self or orchestrator",
    ["auto", "self", "orchestrator"],
  ],
  ["update_agent.command_wait", "", "duration", "How long auto waits for commands"],
  ["update_agent.probation", "", "duration", "How long what was started in our own lead is watched"],
  [
    "update_agent.silence",
    "",
    "duration",
    "Silence of an orchestrator after which what it stopped comes back",
  ],
  ["update_agent.current_state_delay", "", "duration", "From a change to the report of the current state"],
  [
    "update_agent.protect",
    "",
    "texts",
    "Origins of containers that the agent does not destroy, such as folder",
  ],
  ["connection.broker_url", "conn-broker-url", "text", "MQTT broker"],
  ["connection.keep_alive", "conn-keep-alive", "lenient-duration", "MQTT keep-alive"],
  ["connection.disconnect_timeout", "conn-disconnect-timeout", "lenient-duration", "Limit of a disconnect"],
  ["connection.client_username", "conn-client-username", "text", "User name for the broker"],
  ["connection.client_password", "conn-client-password", "text", "Password for the broker"],
  ["connection.client_password_file", "", "text", "File that holds the password for the broker"],
  ["connection.client_password_env", "", "text", "Variable that holds the password for the broker"],
  ["connection.connect_timeout", "conn-connect-timeout", "lenient-duration", "Limit of a connect"],
  ["connection.acknowledge_timeout", "conn-ack-timeout", "lenient-duration", "Limit of an acknowledgement"],
  ["connection.subscribe_timeout", "conn-sub-timeout", "lenient-duration", "Limit of a subscription"],
  ["connection.unsubscribe_timeout", "conn-unsub-timeout", "lenient-duration", "Limit of an unsubscription"],
  ["connection.transport.root_ca", "conn-root-ca", "text", "CA file for the broker"],
  ["connection.transport.client_cert", "conn-client-cert", "text", "Client certificate for the broker"],
  ["connection.transport.client_key", "conn-client-key", "text", "Client key for the broker"],
];

export const CONFIG_KEYS: readonly ConfigKey[] = ROWS.map(([path, flag, kind, usage, choices]) => ({
  path,
  kind,
  usage,
  ...(flag === "" ? {} : { flag }),
  ...(choices === undefined ? {} : { choices }),
}));

/** Second spellings that documents name (DESIGN §4). */
export const ALIASES: Readonly<Record<string, string>> = { "things.enabled": "things.enable" };

export function keyAt(path: string): ConfigKey | undefined {
  return CONFIG_KEYS.find((key) => key.path === path);
}

/** Names of keys and sections directly below a section. */
export function namesBelow(section: string): readonly string[] {
  const prefix = section === "" ? "" : `${section}.`;
  const paths = [...CONFIG_KEYS.map((key) => key.path), ...Object.keys(ALIASES)];
  const names = paths
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length).split(".")[0] ?? "");
  return [...new Set(names)];
}
