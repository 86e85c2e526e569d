/** The manifests of a Leda image as spec/leda-manifests.md describes them, with paths of the host below a folder of the test. */

import { join } from "node:path";

export interface LedaManifest {
  /** File name without `.json`; it is not always the container's. */
  readonly file: string;
  /** Switched off on a Leda image: `.json.disabled`. */
  readonly isDisabled?: boolean;
  readonly name: string;
  readonly image: string;
  /** Port of the host and of the container. */
  readonly ports?: readonly [number, number];
  readonly hosts?: readonly string[];
  /** Source, destination, propagation. */
  readonly mounts?: readonly (readonly [string, string, string])[];
  readonly env?: readonly string[];
  readonly cmd?: readonly string[];
  readonly hostName?: string;
  /** The internal form. */
  readonly isInternal?: boolean;
  /** Keys that are left out. */
  readonly without?: readonly ("config" | "cmd" | "devices" | "mode_config" | "port_mappings")[];
  readonly hasNullResources?: boolean;
  readonly hasIo?: boolean;
  readonly logSize?: string;
}

const DATABROKER = "databroker:container_databroker-host";
const MOSQUITTO = "mosquitto:host_ip";
const EXAMPLES = "ghcr.io/eclipse-leda/leda-example-applications";
const OTEL = "ghcr.io/softwaredefinedvehicle/sdv-edge-otel";

/** @param root folder that stands for the host's where a mount names a file or a socket */
export function ledaManifests(root: string): readonly LedaManifest[] {
  return [
    {
      file: "databroker",
      name: "databroker",
      image: "ghcr.io/eclipse/kuksa.val/databroker:0.4.1",
      ports: [30555, 55555],
      env: ["RUST_LOG=info", "vehicle_data_broker=debug"],
      hasNullResources: true,
      hasIo: true,
    },
    {
      file: "sua",
      name: "sua",
      image: "ghcr.io/eclipse-leda/leda-contrib-self-update-agent/self-update-agent:build-177",
      ports: [30052, 50052],
      hosts: [MOSQUITTO],
      mounts: [
        [join(root, "bus.sock"), "/var/run/dbus/system_bus_socket", "shared"],
        [join(root, "certs"), "/RaucUpdate", "rprivate"],
        [join(root, "release"), "/etc/os-release", "rprivate"],
      ],
      without: ["config"],
      hasNullResources: true,
      hasIo: true,
    },
    {
      file: "cloudconnector",
      isDisabled: true,
      name: "cloudconnector",
      image:
        "ghcr.io/eclipse-leda/leda-contrib-cloud-connector/cloudconnector:main-47c01227a620a3dbd85b66e177205c06c0f7a52e",
      hosts: [MOSQUITTO],
      mounts: [
        [join(root, "device.crt"), "/app/device.crt", "rprivate"],
        [join(root, "device.key"), "/app/device.key", "rprivate"],
      ],
      env: [
        "LOG_LEVEL=INFO",
        "CERT_FILE=/app/device.crt",
        "KEY_FILE=/app/device.key",
        "LOCAL_ADDRESS=tcp://mosquitto:1883",
        "LOG_FILE=",
        "CACERT=/app/iothub.crt",
        "ALLOWED_LOCAL_TOPICS_LIST=cloudConnector/#",
        "MESSAGE_MAPPER_CONFIG=/app/message-mappings.json",
      ],
      without: ["devices"],
    },
    {
      file: "feedercan",
      name: "feedercan",
      image: "ghcr.io/eclipse/kuksa.val.feeders/dbc2val:v0.1.1",
      hosts: [DATABROKER],
      env: [
        "VEHICLEDATABROKER_DAPR_APP_ID=databroker",
        "VDB_ADDRESS=databroker:55555",
        "A=1",
        "B=2",
        "C=3",
        "D=4",
        "E=5",
      ],
      without: ["port_mappings"],
      hasNullResources: true,
      hasIo: true,
    },
    {
      file: "feedergps",
      name: "feedergps",
      image: "ghcr.io/eclipse/kuksa.val.feeders/gps:main",
      hosts: [DATABROKER, "host:host_ip"],
      env: ["GPSD_OPTIONS=-p 2948 tcp://host:2947"],
      cmd: ["--log info", "--host databroker", "--port 55555", "--insecure=true"],
      hasNullResources: true,
      hasIo: true,
    },
    {
      file: "hvac",
      name: "hvacservice-example",
      image: "ghcr.io/eclipse/kuksa.val.services/hvac_service:v0.1.0",
      hosts: [DATABROKER],
      env: ["VEHICLEDATABROKER_DAPR_APP_ID=databroker", "VDB_ADDRESS=databroker:55555"],
      hasNullResources: true,
      hasIo: true,
    },
    {
      file: "node-red",
      name: "node-red-example",
      image: `${EXAMPLES}/leda-example-node-red:main`,
      ports: [1880, 1880],
      hosts: [MOSQUITTO, DATABROKER],
      env: ["A=1", "B=2", "C=3", "D=4"],
    },
    {
      file: "seatservice",
      name: "seatservice-example",
      image: "ghcr.io/boschglobal/kuksa.val.services/seat_service:v0.3.0",
      ports: [30051, 50051],
      hosts: [DATABROKER],
      env: ["BROKER_ADDR=databroker:55555", "RUST_LOG=info", "vehicle_data_broker=info"],
    },
    {
      file: "seatadjuster-app",
      isDisabled: true,
      name: "seatadjuster-app",
      image: `${EXAMPLES}/seatadjuster-app:latest`,
      ports: [50151, 30151],
      hosts: [MOSQUITTO, DATABROKER, "seatservice:container_seatservice-example-host"],
      env: ["A=1", "B=2", "C=3", "D=4", "E=5", "F=6"],
      hasNullResources: true,
    },
    {
      file: "zipkin",
      isDisabled: true,
      name: "zipkin",
      image: "ghcr.io/openzipkin/zipkin:master",
      ports: [9411, 9411],
      hostName: "zipkin-host",
      without: ["config"],
      hasNullResources: true,
      hasIo: true,
    },
    {
      file: "otelcol-sdv-agent",
      isDisabled: true,
      name: "otelcol-sdv-agent",
      image: `${OTEL}/otelcol-sdv-ext:v0.0.1`,
      ports: [4317, 9411],
      hosts: [MOSQUITTO],
      mounts: [
        ["/", "/hostfs", "rprivate"],
        [join(root, "bus.sock"), "/run/bus.sock", "rprivate"],
        [join(root, "certs"), "/etc/otel", "rprivate"],
      ],
      env: ["A=1", "B=2", "C=3", "D=4", "E=5", "F=6", "G=7"],
      cmd: ["/otelcol-sdv --config=/etc/otel/config.yaml"],
      without: ["mode_config", "devices"],
    },
    {
      file: "otelcol-sdv-exporter",
      isDisabled: true,
      name: "otelcol-sdv-exporter",
      image: `${OTEL}/otelcol-sdv-exporter:v0.0.1`,
      ports: [9411, 4317],
      hosts: [MOSQUITTO],
      env: ["A=1", "B=2"],
      without: ["devices"],
      hasNullResources: true,
    },
    {
      file: "ota-client",
      isDisabled: true,
      name: "ota-client",
      image: "ghcr.io/softwaredefinedvehicle/sdv-ota-client/ota-client:v0.0.2",
      hosts: [MOSQUITTO],
      mounts: [
        [join(root, "certs"), "/certs/", "rprivate"],
        [join(root, "certs"), "/data", "rprivate"],
        ["/tmp", "/host-tmp", "rprivate"],
        [join(root, "release"), "/release", "rprivate"],
      ],
      env: [`TOPICS='{"a": "b"}'`],
      isInternal: true,
    },
    {
      file: "carsim",
      isDisabled: true,
      name: "carsimservice-example",
      image: `${EXAMPLES}/leda-example-carsim:main`,
      hosts: [DATABROKER],
      env: ["A=1", "B=2", "C=3"],
    },
    {
      file: "driversim",
      isDisabled: true,
      name: "driversimservice-example",
      image: `${EXAMPLES}/leda-example-driversim:main`,
      hosts: [DATABROKER],
      env: ["A=1", "B=2", "C=3"],
    },
    {
      file: "mockservice",
      isDisabled: true,
      name: "mockservice",
      image: "ghcr.io/eclipse/kuksa.val.services/mock_service:latest",
      hosts: [DATABROKER],
      mounts: [[join(root, "release"), "/mock.py", "rprivate"]],
      env: ["VDB_ADDRESS=databroker:55555"],
      without: ["cmd", "port_mappings", "devices"],
      logSize: "100M",
    },
  ];
}

/** The text of a manifest, spelt as those on the image are. */
export function ledaText(one: LedaManifest): string {
  const without = new Set<string>(one.without);
  const unless = (key: string, value: unknown) => (without.has(key) ? {} : { [key]: value });
  const io = one.hasIo === true ? { io_config: { open_stdin: false, tty: false } } : {};
  const mounts = (one.mounts ?? []).map(([source, destination, propagation_mode]) => ({
    source,
    destination,
    propagation_mode,
  }));
  const ports = one.ports?.map(Number) ?? [];
  const hostConfig = {
    ...unless("devices", []),
    network_mode: "bridge",
    privileged: false,
    restart_policy: { maximum_retry_count: 0, retry_timeout: 0, type: "unless-stopped" },
    runtime: "io.containerd.runc.v2",
    extra_hosts: one.hosts ?? [],
    ...unless(
      "port_mappings",
      one.ports === undefined
        ? []
        : [
            {
              protocol: "tcp",
              container_port: ports[1],
              host_ip: "localhost",
              host_port: ports[0],
              host_port_end: ports[0],
            },
          ],
    ),
    log_config: {
      driver_config: { type: "json-file", max_files: 2, max_size: one.logSize ?? "1M", root_dir: "" },
      ...unless("mode_config", { mode: "blocking", max_buffer_size: "" }),
    },
    ...(one.hasNullResources === true ? { resources: null } : {}),
  };
  const config = without.has("config")
    ? {}
    : { config: { env: one.env ?? [], ...unless("cmd", one.cmd ?? []) } };
  const manifest = one.isInternal
    ? {
        id: one.name,
        name: one.name,
        image: { name: one.image, decrypt_config: null },
        host_name: "",
        domain_name: "",
        resolv_conf_path: "",
        hosts_path: "",
        hostname_path: "",
        mounts,
        hooks: [],
        host_config: { ...hostConfig, resources: null },
        io_config: {
          attach_stderr: false,
          attach_stdin: false,
          attach_stdout: false,
          open_stdin: false,
          stdin_once: false,
          tty: false,
        },
        ...config,
        network_settings: null,
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
          status: "",
          oom_killed: false,
        },
        created: "",
        manually_stopped: false,
        restart_count: 0,
      }
    : {
        container_id: one.name,
        container_name: one.name,
        image: { name: one.image },
        ...(one.hostName === undefined ? {} : { host_name: one.hostName }),
        ...(mounts.length === 0 ? {} : { mount_points: mounts }),
        host_config: hostConfig,
        ...io,
        ...config,
      };
  return JSON.stringify(manifest, undefined, 2);
}
