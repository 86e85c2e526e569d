/** The keys of the configuration that Kanto knows (spec/config.md §3), and what is lost with those that only we know. */

const BY_SECTION: Readonly<Record<string, string>> = {
  log: "log_file log_level log_file_size log_file_count log_file_max_age syslog",
  manager: "home_dir exec_root_dir container_client_sid network_manager_sid default_ctrs_stop_timeout",
  containers: `default_ns address_path exec_root_dir home_dir registry_configurations insecure_registries image_dec_keys
    image_dec_recipients runc_runtime image_expiry image_expiry_disable lease_id image_verifier_type image_verifier_config`,
  network: "type home_dir exec_root_dir",
  "network.default_bridge":
    "disable name ip4 fcidr4 gwip4 enable_ip6 mtu icc ip_tables ip_forward ip_masq userland_proxy",
  grpc_server: "protocol address_path",
  deployment: "enable mode home_dir ctr_dir",
  things: "enable home_dir features",
  update_agent: "enable domain system_containers verbose_inventory_report",
  connection: `broker_url keep_alive disconnect_timeout client_username client_password connect_timeout
    acknowledge_timeout subscribe_timeout unsubscribe_timeout`,
  "connection.transport": "root_ca client_cert client_key",
};

/** Objects below which keys stand. */
export const KANTO_SECTIONS: ReadonlySet<string> = new Set(Object.keys(BY_SECTION));
export const KANTO_KEYS: ReadonlySet<string> = new Set(
  Object.entries(BY_SECTION).flatMap(([section, names]) =>
    names.split(/\s+/).map((name) => `${section}.${name}`),
  ),
);

/** What becomes of the device without a key of ours; of the others it is enough that Kanto does not know them. */
export const LOSSES: Readonly<Record<string, string>> = {
  "manager.live_restore": "Kanto stops all containers whenever its daemon ends",
  "containers.docker_config": "its credentials are not used",
  "containers.default_seccomp": "containers run without a list of allowed system calls",
  "network.localhost": "published ports without an address are open on all of them",
  "connection.client_password_file": "the broker gets no password",
  "connection.client_password_env": "the broker gets no password",
  "things.enabled": "only things.enable counts, which is true by default",
};
