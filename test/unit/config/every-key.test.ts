/** Each key of Kanto's configuration: default, place in the file, flag (spec/engine.md §2); the flag wins. */

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonConfig } from "../../../src/config/daemon-config.ts";
import { CONFIG_KEYS } from "../../../src/config/keys.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { readCommandLine } from "../../../src/config/read-flags.ts";

type Read = (config: DaemonConfig) => unknown;
/** Key, flag, where it is read, default, a value in the file and what it means, a value of the flag and what it means. */
type Row = readonly [
  path: string,
  flag: string,
  read: Read,
  usual: unknown,
  inFile: unknown,
  fromFile: unknown,
  asFlag: string,
  fromFlag: unknown,
];

/** A text that is taken as it stands. */
const text = (
  path: string,
  flag: string,
  read: Read,
  usual: string | undefined,
  file = "/in/file",
  given = "/as/flag",
): Row => [path, flag, read, usual, file, file, given, given];
const bool = (path: string, flag: string, read: Read, usual: boolean): Row => [
  path,
  flag,
  read,
  usual,
  !usual,
  !usual,
  String(usual),
  usual,
];
const count = (path: string, flag: string, read: Read, usual: number): Row => [
  path,
  flag,
  read,
  usual,
  usual + 100,
  usual + 100,
  String(usual + 200),
  usual + 200,
];
const time = (path: string, flag: string, read: Read, usualMs: number): Row => [
  path,
  flag,
  read,
  usualMs,
  "1m5s",
  65_000,
  "1500ms",
  1500,
];
const list = (path: string, flag: string, read: Read, usual: readonly string[]): Row => [
  path,
  flag,
  read,
  usual,
  ["a", "b"],
  ["a", "b"],
  "c,d",
  ["c", "d"],
];

const HOME = "/var/lib/container-management";
const RUN = "/var/run/container-management";
const BRIDGE = "network.default_bridge";

const ROWS: readonly Row[] = [
  text("log.log_file", "log-file", (c) => c.log.file, "log/container-management.log"),
  text("log.log_level", "log-level", (c) => c.log.level, "INFO", "ERROR", "TRACE"),
  count("log.log_file_size", "log-file-size", (c) => c.log.fileSize, 2),
  count("log.log_file_count", "log-file-count", (c) => c.log.fileCount, 5),
  count("log.log_file_max_age", "log-file-max-age", (c) => c.log.fileMaxAge, 28),
  bool("log.syslog", "log-syslog", (c) => c.log.syslog, false),
  text("manager.home_dir", "cm-home-dir", (c) => c.manager.homeDir, HOME),
  text("manager.exec_root_dir", "cm-exec-root-dir", (c) => c.manager.execRootDir, RUN),
  [
    "manager.default_ctrs_stop_timeout",
    "cm-deflt-ctrs-stop-timeout",
    (c) => c.manager.defaultStopTimeoutMs,
    30_000,
    "1m5s",
    65_000,
    "2m",
    120_000,
  ],
  text("containers.default_ns", "ccl-default-ns", (c) => c.containers.namespace, "kanto-cm"),
  text(
    "containers.address_path",
    "ccl-ap",
    (c) => c.containers.addressPath,
    "/run/containerd/containerd.sock",
  ),
  list("containers.insecure_registries", "ccl-insecure-registries", (c) => c.containers.insecureRegistries, [
    "localhost",
  ]),
  text("containers.exec_root_dir", "ccl-exec-root-dir", (c) => c.containers.execRootDir, RUN),
  text("containers.home_dir", "ccl-home-dir", (c) => c.containers.homeDir, HOME),
  list("containers.image_dec_keys", "ccl-image-dec-keys", (c) => c.containers.imageDecKeys, []),
  list(
    "containers.image_dec_recipients",
    "ccl-image-dec-recipients",
    (c) => c.containers.imageDecRecipients,
    [],
  ),
  text(
    "containers.runc_runtime",
    "ccl-runc-runtime",
    (c) => c.containers.runcRuntime,
    "io.containerd.runc.v2",
    "io.containerd.runc.v1",
    "io.containerd.runtime.v1.linux",
  ),
  time("containers.image_expiry", "ccl-image-expiry", (c) => c.containers.imageExpiryMs, 744 * 3_600_000),
  bool(
    "containers.image_expiry_disable",
    "ccl-image-expiry-disable",
    (c) => c.containers.imageExpiryDisable,
    false,
  ),
  text("containers.lease_id", "ccl-lease-id", (c) => c.containers.leaseId, "kanto-cm.lease"),
  text(
    "containers.image_verifier_type",
    "ccl-image-verifier-type",
    (c) => c.containers.imageVerifierType,
    "none",
    "notation",
    "none",
  ),
  [
    "containers.image_verifier_config",
    "ccl-image-verifier-config",
    (c) => c.containers.imageVerifierConfig,
    {},
    { configDir: "/n" },
    { configDir: "/n" },
    "configDir=/c,libexecDir=/l",
    { configDir: "/c", libexecDir: "/l" },
  ],
  text("network.type", "net-type", (c) => c.network.type, "bridge"),
  text("network.home_dir", "net-home-dir", (c) => c.network.homeDir, HOME),
  text("network.exec_root_dir", "net-exec-root-dir", (c) => c.network.execRootDir, RUN),
  bool(`${BRIDGE}.disable`, "net-tbr-disable", (c) => c.network.bridge.disable, false),
  text(`${BRIDGE}.name`, "net-br-name", (c) => c.network.bridge.name, "kanto-cm0", "br1", "br2"),
  text(`${BRIDGE}.ip4`, "net-br-ip4", (c) => c.network.bridge.ip4, "", "10.1.0.1/16", "10.2.0.1/16"),
  text(
    `${BRIDGE}.fcidr4`,
    "net-br-fcidr4",
    (c) => c.network.bridge.fixedCidr4,
    "",
    "10.1.0.0/24",
    "10.2.0.0/24",
  ),
  text(`${BRIDGE}.gwip4`, "net-br-gwip4", (c) => c.network.bridge.gatewayIp4, "", "10.1.0.2", "10.2.0.2"),
  bool(`${BRIDGE}.enable_ip6`, "net-br-enable-ip6", (c) => c.network.bridge.enableIp6, false),
  count(`${BRIDGE}.mtu`, "net-br-mtu", (c) => c.network.bridge.mtu, 1500),
  bool(`${BRIDGE}.icc`, "net-br-icc", (c) => c.network.bridge.icc, true),
  bool(`${BRIDGE}.ip_tables`, "net-br-ipt", (c) => c.network.bridge.ipTables, true),
  bool(`${BRIDGE}.ip_forward`, "net-br-ipfw", (c) => c.network.bridge.ipForward, true),
  bool(`${BRIDGE}.ip_masq`, "net-br-ipmasq", (c) => c.network.bridge.ipMasq, true),
  bool(`${BRIDGE}.userland_proxy`, "net-br-ulp", (c) => c.network.bridge.userlandProxy, false),
  text("grpc_server.protocol", "grpc-serv-netp", (c) => c.grpcServer.protocol, "unix", "tcp", "tcp4"),
  text(
    "grpc_server.address_path",
    "grpc-serv-ap",
    (c) => c.grpcServer.addressPath,
    "/run/container-management/container-management.sock",
  ),
  bool("deployment.enable", "deployment-enable", (c) => c.deployment.enable, true),
  text("deployment.mode", "deployment-mode", (c) => c.deployment.mode, "update", "init", "watch"),
  text("deployment.home_dir", "deployment-home-dir", (c) => c.deployment.homeDir, HOME),
  text(
    "deployment.ctr_dir",
    "deployment-ctr-dir",
    (c) => c.deployment.ctrDir,
    "/etc/container-management/containers",
  ),
  bool("things.enable", "things-enable", (c) => c.things.enable, true),
  text("things.home_dir", "things-home-dir", (c) => c.things.homeDir, HOME),
  list("things.features", "things-features", (c) => c.things.features, [
    "ContainerFactory",
    "SoftwareUpdatable",
    "Metrics",
  ]),
  bool("update_agent.enable", "ua-enable", (c) => c.updateAgent.enable, false),
  text("update_agent.domain", "ua-domain", (c) => c.updateAgent.domain, "containers", "cars", "boats"),
  list("update_agent.system_containers", "ua-system-containers", (c) => c.updateAgent.systemContainers, []),
  bool(
    "update_agent.verbose_inventory_report",
    "ua-verbose-inventory-report",
    (c) => c.updateAgent.verboseInventoryReport,
    false,
  ),
  text(
    "connection.broker_url",
    "conn-broker-url",
    (c) => c.connection.brokerUrl,
    "tcp://localhost:1883",
    "tcp://a:1",
    "tcp://b:2",
  ),
  time("connection.keep_alive", "conn-keep-alive", (c) => c.connection.keepAliveMs, 20_000),
  time(
    "connection.disconnect_timeout",
    "conn-disconnect-timeout",
    (c) => c.connection.disconnectTimeoutMs,
    250,
  ),
  text("connection.client_username", "conn-client-username", (c) => c.connection.clientUsername, ""),
  text("connection.client_password", "conn-client-password", (c) => c.connection.clientPassword, ""),
  time("connection.connect_timeout", "conn-connect-timeout", (c) => c.connection.connectTimeoutMs, 30_000),
  time(
    "connection.acknowledge_timeout",
    "conn-ack-timeout",
    (c) => c.connection.acknowledgeTimeoutMs,
    15_000,
  ),
  time("connection.subscribe_timeout", "conn-sub-timeout", (c) => c.connection.subscribeTimeoutMs, 15_000),
  time(
    "connection.unsubscribe_timeout",
    "conn-unsub-timeout",
    (c) => c.connection.unsubscribeTimeoutMs,
    5_000,
  ),
  text("connection.transport.root_ca", "conn-root-ca", (c) => c.connection.transport?.rootCa, undefined),
  text(
    "connection.transport.client_cert",
    "conn-client-cert",
    (c) => c.connection.transport?.clientCert,
    undefined,
  ),
  text(
    "connection.transport.client_key",
    "conn-client-key",
    (c) => c.connection.transport?.clientKey,
    undefined,
  ),
];

/** `{a: {b: value}}` for `a.b`. */
function nested(path: string, value: unknown): unknown {
  return path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);
}

function loaded(content: unknown, ...flags: readonly string[]): DaemonConfig {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-every-key-"));
  try {
    const path = join(folder, "config.json");
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
    const line = readCommandLine([`--cfg-file=${path}`, ...flags]);
    if (line.kind !== "run") throw new Error(`${line.kind}: ${flags.join(" ")}`);
    return loadConfig(line.configPath, line.values).config;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("a key of Kanto's configuration", () => {
  const usualConfig = loaded({});

  test.each(ROWS.map((row) => [row[0], row] as const))(
    "%s has its default, its place and its flag, which wins",
    (path, [, flag, read, usual, inFile, fromFile, asFlag, fromFlag]) => {
      expect(read(usualConfig)).toEqual(usual);
      const content = nested(path, inFile);
      expect(read(loaded(content))).toEqual(fromFile);
      expect(read(loaded(content, `--${flag}=${asFlag}`))).toEqual(fromFlag);
      expect(read(loaded({}, `--${flag}=${asFlag}`))).toEqual(fromFlag);
    },
  );

  test("is in this list, but for those that have no effect, no flag, or are ours", () => {
    const listed = new Set(ROWS.map(([path]) => path));
    expect(CONFIG_KEYS.map((key) => key.path).filter((path) => !listed.has(path))).toEqual([
      "manager.container_client_sid",
      "manager.network_manager_sid",
      "manager.live_restore",
      "manager.return_memory",
      "containers.registry_configurations",
      "containers.docker_config",
      "containers.default_seccomp",
      "network.localhost",
      "deployment.state_dir",
      "update_agent.drive",
      "update_agent.command_wait",
      "update_agent.probation",
      "update_agent.silence",
      "update_agent.current_state_delay",
      "update_agent.protect",
      "connection.client_password_file",
      "connection.client_password_env",
    ]);
  });
});
