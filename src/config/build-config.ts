/** Values by key, over the defaults, as the typed configuration. */

import { LOG_LEVELS } from "../base/log.ts";
import type { ConfigValue } from "./config-value.ts";
import { type DaemonConfig, DEFAULT_CONFIG, type RegistryConfig } from "./daemon-config.ts";

const MODES = ["init", "update", "watch"] as const;
const DRIVES = ["auto", "self", "orchestrator"] as const;

/** Where a value that is not given comes from: the default of the same type. */
class Values {
  constructor(private readonly values: ReadonlyMap<string, ConfigValue>) {}

  text(path: string, fallback: string): string {
    const value = this.values.get(path);
    return typeof value === "string" ? value : fallback;
  }

  bool(path: string, fallback: boolean): boolean {
    const value = this.values.get(path);
    return typeof value === "boolean" ? value : fallback;
  }

  number(path: string, fallback: number): number {
    const value = this.values.get(path);
    return typeof value === "number" ? value : fallback;
  }

  texts(path: string, fallback: readonly string[]): readonly string[] {
    const value = this.values.get(path);
    return isTexts(value) ? value : fallback;
  }

  pairs(path: string): Readonly<Record<string, string>> {
    const value = this.values.get(path);
    return isPairs(value) ? value : {};
  }

  registries(path: string): Readonly<Record<string, RegistryConfig>> {
    const value = this.values.get(path);
    return isRegistries(value) ? value : {};
  }
}

function isTexts(value: ConfigValue | undefined): value is readonly string[] {
  return Array.isArray(value);
}

function isPairs(value: ConfigValue | undefined): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((entry) => typeof entry === "string");
}

function isRegistries(value: ConfigValue | undefined): value is Readonly<Record<string, RegistryConfig>> {
  return isRecord(value) && Object.values(value).every((entry) => typeof entry === "object");
}

function isRecord(
  value: ConfigValue | undefined,
): value is Exclude<ConfigValue, string | boolean | number | readonly string[]> {
  return typeof value === "object" && !Array.isArray(value);
}

/** Choices were checked when the values were read; an unknown deployment mode means `update`, as in the peer. */
export function buildConfig(given: ReadonlyMap<string, ConfigValue>): DaemonConfig {
  const values = new Values(given);
  const base = DEFAULT_CONFIG;
  const level = values.text("log.log_level", base.log.level);
  const mode = values.text("deployment.mode", base.deployment.mode);
  const drive = values.text("update_agent.drive", base.updateAgent.drive);
  const ca = values.text("connection.transport.root_ca", "");
  const cert = values.text("connection.transport.client_cert", "");
  const key = values.text("connection.transport.client_key", "");
  const bridge = "network.default_bridge";
  return {
    log: {
      file: values.text("log.log_file", base.log.file),
      level: LOG_LEVELS.find((known) => known === level) ?? base.log.level,
      fileSize: values.number("log.log_file_size", base.log.fileSize),
      fileCount: values.number("log.log_file_count", base.log.fileCount),
      fileMaxAge: values.number("log.log_file_max_age", base.log.fileMaxAge),
      syslog: values.bool("log.syslog", base.log.syslog),
    },
    manager: {
      homeDir: values.text("manager.home_dir", base.manager.homeDir),
      execRootDir: values.text("manager.exec_root_dir", base.manager.execRootDir),
      defaultStopTimeoutMs: values.number(
        "manager.default_ctrs_stop_timeout",
        base.manager.defaultStopTimeoutMs,
      ),
      liveRestore: values.bool("manager.live_restore", base.manager.liveRestore),
      returnMemory: values.bool("manager.return_memory", base.manager.returnMemory),
    },
    containers: {
      namespace: values.text("containers.default_ns", base.containers.namespace),
      addressPath: values.text("containers.address_path", base.containers.addressPath),
      registries: values.registries("containers.registry_configurations"),
      insecureRegistries: values.texts("containers.insecure_registries", base.containers.insecureRegistries),
      dockerConfig: values.text("containers.docker_config", base.containers.dockerConfig),
      execRootDir: values.text("containers.exec_root_dir", base.containers.execRootDir),
      homeDir: values.text("containers.home_dir", base.containers.homeDir),
      imageDecKeys: values.texts("containers.image_dec_keys", base.containers.imageDecKeys),
      imageDecRecipients: values.texts("containers.image_dec_recipients", base.containers.imageDecRecipients),
      runcRuntime: values.text("containers.runc_runtime", base.containers.runcRuntime),
      imageExpiryMs: values.number("containers.image_expiry", base.containers.imageExpiryMs),
      imageExpiryDisable: values.bool("containers.image_expiry_disable", base.containers.imageExpiryDisable),
      leaseId: values.text("containers.lease_id", base.containers.leaseId),
      imageVerifierType: values.text("containers.image_verifier_type", base.containers.imageVerifierType),
      imageVerifierConfig: values.pairs("containers.image_verifier_config"),
      defaultSeccomp:
        values.text("containers.default_seccomp", base.containers.defaultSeccomp) === "default"
          ? "default"
          : "unconfined",
    },
    network: {
      type: values.text("network.type", base.network.type),
      homeDir: values.text("network.home_dir", base.network.homeDir),
      execRootDir: values.text("network.exec_root_dir", base.network.execRootDir),
      localhost: values.text("network.localhost", base.network.localhost) === "loopback" ? "loopback" : "all",
      bridge: {
        disable: values.bool(`${bridge}.disable`, base.network.bridge.disable),
        name: values.text(`${bridge}.name`, base.network.bridge.name),
        ip4: values.text(`${bridge}.ip4`, base.network.bridge.ip4),
        fixedCidr4: values.text(`${bridge}.fcidr4`, base.network.bridge.fixedCidr4),
        gatewayIp4: values.text(`${bridge}.gwip4`, base.network.bridge.gatewayIp4),
        enableIp6: values.bool(`${bridge}.enable_ip6`, base.network.bridge.enableIp6),
        mtu: values.number(`${bridge}.mtu`, base.network.bridge.mtu),
        icc: values.bool(`${bridge}.icc`, base.network.bridge.icc),
        ipTables: values.bool(`${bridge}.ip_tables`, base.network.bridge.ipTables),
        ipForward: values.bool(`${bridge}.ip_forward`, base.network.bridge.ipForward),
        ipMasq: values.bool(`${bridge}.ip_masq`, base.network.bridge.ipMasq),
        userlandProxy: values.bool(`${bridge}.userland_proxy`, base.network.bridge.userlandProxy),
      },
    },
    grpcServer: {
      protocol: values.text("grpc_server.protocol", base.grpcServer.protocol),
      addressPath: values.text("grpc_server.address_path", base.grpcServer.addressPath),
    },
    deployment: {
      enable: values.bool("deployment.enable", base.deployment.enable),
      mode: MODES.find((known) => known === mode) ?? "update",
      homeDir: values.text("deployment.home_dir", base.deployment.homeDir),
      ctrDir: values.text("deployment.ctr_dir", base.deployment.ctrDir),
      stateDir: values.text("deployment.state_dir", base.deployment.stateDir),
    },
    things: {
      enable: values.bool("things.enable", base.things.enable),
      homeDir: values.text("things.home_dir", base.things.homeDir),
      features: values.texts("things.features", base.things.features),
    },
    updateAgent: {
      enable: values.bool("update_agent.enable", base.updateAgent.enable),
      domain: values.text("update_agent.domain", base.updateAgent.domain),
      systemContainers: values.texts("update_agent.system_containers", base.updateAgent.systemContainers),
      verboseInventoryReport: values.bool(
        "update_agent.verbose_inventory_report",
        base.updateAgent.verboseInventoryReport,
      ),
      drive: DRIVES.find((known) => known === drive) ?? base.updateAgent.drive,
      commandWaitMs: values.number("update_agent.command_wait", base.updateAgent.commandWaitMs),
      probationMs: values.number("update_agent.probation", base.updateAgent.probationMs),
      silenceMs: values.number("update_agent.silence", base.updateAgent.silenceMs),
      currentStateDelayMs: values.number(
        "update_agent.current_state_delay",
        base.updateAgent.currentStateDelayMs,
      ),
      protect: values.texts("update_agent.protect", base.updateAgent.protect),
    },
    connection: {
      brokerUrl: values.text("connection.broker_url", base.connection.brokerUrl),
      keepAliveMs: values.number("connection.keep_alive", base.connection.keepAliveMs),
      disconnectTimeoutMs: values.number(
        "connection.disconnect_timeout",
        base.connection.disconnectTimeoutMs,
      ),
      clientUsername: values.text("connection.client_username", base.connection.clientUsername),
      clientPassword: values.text("connection.client_password", base.connection.clientPassword),
      clientPasswordFile: values.text("connection.client_password_file", base.connection.clientPasswordFile),
      clientPasswordEnv: values.text("connection.client_password_env", base.connection.clientPasswordEnv),
      connectTimeoutMs: values.number("connection.connect_timeout", base.connection.connectTimeoutMs),
      acknowledgeTimeoutMs: values.number(
        "connection.acknowledge_timeout",
        base.connection.acknowledgeTimeoutMs,
      ),
      subscribeTimeoutMs: values.number("connection.subscribe_timeout", base.connection.subscribeTimeoutMs),
      unsubscribeTimeoutMs: values.number(
        "connection.unsubscribe_timeout",
        base.connection.unsubscribeTimeoutMs,
      ),
      ...(ca + cert + key === "" ? {} : { transport: { rootCa: ca, clientCert: cert, clientKey: key } }),
    },
  };
}
