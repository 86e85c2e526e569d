/** The keys of a manifest in both forms: what they mean, what they accept, what leaving them out means (spec/manifest.md §1, §3). */

import type { HookType } from "../model/container.ts";
import { decimal, healthcheck, textMap, ulimitMap } from "./extra-shapes.ts";
import {
  bigWhole,
  type Field,
  type Fields,
  flag,
  ignored,
  listOf,
  objectOf,
  type Shape,
  text,
  whole,
} from "./shape.ts";
import { HOOK_TYPES } from "./stored.ts";

const INT32_MOST = 2_147_483_647;
const INT64_MOST = 9_223_372_036_854_775_807n;
const PORT_MOST = 65_535;

type Extra<T> = Partial<Omit<Field<T>, "shape" | "doc">>;

/** A key spelt alike in both forms. */
function both<T>(key: string, shape: Shape<T>, doc: string, extra: Extra<T> = {}): Field<T> {
  return { cm: key, internal: key, shape, doc, ...extra };
}

/** A key spelt differently. */
function twoKeys<T>(
  cm: string,
  internal: string,
  shape: Shape<T>,
  doc: string,
  extra: Extra<T> = {},
): Field<T> {
  return { cm, internal, shape, doc, ...extra };
}

const REQUIRED = { isRequired: true } as const;
/** Empty texts stand in real manifests of the internal form: they are their defaults. */
const NAME = { pattern: "^([a-zA-Z0-9_][a-zA-Z0-9_.-]*)?$" } as const;
const SIZE = { pattern: "^(\\d+(\\.\\d+)* ?[kKmMgG])?$" } as const;
const texts = listOf(text);
const size = "number with the unit k, m or g";

/** Numbers in Kanto's files, words in the internal form; both are taken in both. */
const hookType: Shape<HookType> = {
  info: { kind: "hook-type" },
  read: (node, reading, where) => {
    const index =
      node.kind === "number" ? Number(node.digits) : node.kind === "text" ? wordIndex(node.value) : -1;
    const type = HOOK_TYPES[index];
    if (type !== undefined && type !== "Unknown") return type;
    const expected = "0 or Prestart, 1 or Poststart, 2 or Poststop";
    reading.problem(where, node.offset, "unknown type of hook", expected);
    return undefined;
  },
};

function wordIndex(word: string): number {
  const words: readonly string[] = HOOK_TYPES;
  return words.indexOf(word);
}

const decryptConfig = objectOf({
  keys: both("keys", texts, "private keys, path[:password]"),
  recipients: both("recipients", texts, "recipients, pkcs7:<certificate>"),
});

const image = objectOf({
  name: both("name", text, "the full reference of an image, host[:port]/path:tag", REQUIRED),
  decryptConfig: both("decrypt_config", decryptConfig, "keys for an encrypted image"),
  pullPolicy: both("pull_policy", text, "missing, newer (asks for another digest) or always", {
    words: ["missing", "newer", "always", ""],
    fallback: "missing",
  }),
});

const mount = objectOf({
  source: both("source", text, "path on the host", REQUIRED),
  destination: both("destination", text, "path in the container", REQUIRED),
  propagationMode: both("propagation_mode", text, "rprivate, private, rshared, shared, rslave or slave", {
    words: ["rprivate", "private", "rshared", "shared", "rslave", "slave", ""],
    fallback: "rprivate",
  }),
  readOnly: both("read_only", flag, "the container cannot write there", { fallback: false }),
});

const hook = objectOf({
  path: both("path", text, "program on the host", REQUIRED),
  args: both("args", texts, "its arguments, the first is its name"),
  env: both("env", texts, "its environment"),
  timeoutSeconds: both("timeout", whole(0, INT32_MOST), "seconds it may take", { fallback: 0 }),
  type: both("type", hookType, "when it runs"),
});

const device = objectOf({
  pathOnHost: both("path_on_host", text, "device on the host", REQUIRED),
  pathInContainer: both("path_in_container", text, "device in the container; the same when left out"),
  cgroupPermissions: both("cgroup_permissions", text, "letters of rwm", { fallback: "rwm" }),
});

const portMapping = objectOf({
  protocol: twoKeys("proto", "protocol", text, "tcp, udp or sctp", {
    also: ["proto", "protocol"],
    fallback: "tcp",
  }),
  containerPort: both("container_port", whole(1, PORT_MOST), "port in the container", REQUIRED),
  hostIp: both("host_ip", text, "address on the host; any text that is none means all", {
    fallback: "0.0.0.0",
  }),
  hostPort: both("host_port", whole(0, PORT_MOST), "port on the host; 0 = any free one", { fallback: 0 }),
  hostPortEnd: both("host_port_end", whole(0, PORT_MOST), "last port of a range; host_port when left out"),
});

const restartPolicy = objectOf({
  type: both("type", text, "no, always, unless-stopped or on-failure", {
    words: ["no", "always", "unless-stopped", "on-failure"],
    fallback: "unless-stopped",
  }),
  maximumRetryCount: both(
    "maximum_retry_count",
    whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    "restarts of on-failure; 0 = endless",
    { fallback: 0 },
  ),
  retryTimeoutNanos: both(
    "retry_timeout",
    bigWhole(-INT64_MOST - 1n, INT64_MOST),
    "longest pause between restarts: seconds below 1000000, else nanoseconds; 0 = one minute",
    { fallback: 0 },
  ),
});

const logDriver = objectOf({
  type: both("type", text, "json-file or none", {
    words: ["json-file", "none", ""],
    fallback: "json-file",
  }),
  maxFiles: both(
    "max_files",
    whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    "files kept, 1 or more",
    {
      fallback: 2,
    },
  ),
  maxSize: both("max_size", text, `size of a file: ${size}`, { ...SIZE, fallback: "1M" }),
  rootDir: both("root_dir", text, "absolute folder for the logs", { fallback: "" }),
});

const logMode = objectOf({
  mode: both("mode", text, "blocking or non-blocking", {
    words: ["blocking", "non-blocking", ""],
    fallback: "blocking",
  }),
  maxBufferSize: both("max_buffer_size", text, `what waits when non-blocking: ${size}`, {
    ...SIZE,
    fallback: "1M",
  }),
});

const resources = objectOf({
  memory: both("memory", text, `${size}, 3M or more`, SIZE),
  memoryReservation: both("memory_reservation", text, `${size}, not more than memory`, SIZE),
  memorySwap: both(
    "memory_swap",
    text,
    `memory and swap together: ${size}, or -1; twice memory when left out`,
  ),
  cpus: both("cpus", decimal, "CPUs' worth of time, such as 1.5"),
  pidsLimit: both("pids_limit", whole(-1, INT32_MOST), "processes and threads at most; -1 = no limit"),
});

const hostConfig = objectOf({
  networkMode: both("network_mode", text, "bridge or host", {
    words: ["bridge", "host", ""],
    fallback: "bridge",
  }),
  privileged: both("privileged", flag, "all rights of the host", { fallback: false }),
  runtime: both("runtime", text, "runtime of the engine", { fallback: "io.containerd.runc.v2" }),
  devices: both("devices", listOf(device), "devices of the host"),
  extraHosts: both(
    "extra_hosts",
    texts,
    "entries name:address, or host_ip, host_ip_<interface>, container_<host name>",
  ),
  extraCapabilities: both("extra_capabilities", texts, "capabilities such as CAP_NET_ADMIN"),
  portMappings: both("port_mappings", listOf(portMapping), "published ports"),
  restartPolicy: both("restart_policy", restartPolicy, "what happens when the container ends"),
  logConfig: both(
    "log_config",
    objectOf({
      driver: both("driver_config", logDriver, "where the output goes"),
      mode: both("mode_config", logMode, "whether the container waits for the log"),
    }),
    "what happens with the output",
  ),
  resources: both("resources", resources, "limits of memory, time and processes"),
  readOnlyRootfs: both("read_only_rootfs", flag, "the container can write to its mounts only", {
    fallback: false,
  }),
  noNewPrivileges: both("no_new_privileges", flag, "false lets setuid programs gain rights", {
    fallback: true,
  }),
  sysctls: both("sysctls", textMap, "settings of the kernel that are the container's own"),
  ulimits: both("ulimits", ulimitMap, "limits of a process by name: a number, or soft and hard"),
  seccompProfile: both(
    "seccomp_profile",
    text,
    "default, unconfined, or the absolute path of a profile in docker's JSON form",
  ),
  apparmorProfile: both("apparmor_profile", text, "name of a loaded AppArmor profile, or unconfined"),
});

const ioConfig = objectOf({
  attachStderr: both("attach_stderr", flag, "kept for clients", { fallback: false }),
  attachStdin: both("attach_stdin", flag, "kept for clients", { fallback: false }),
  attachStdout: both("attach_stdout", flag, "kept for clients", { fallback: false }),
  openStdin: both("open_stdin", flag, "keep the input open", { fallback: false }),
  stdinOnce: both("stdin_once", flag, "kept for clients", { fallback: false }),
  tty: both("tty", flag, "give it a terminal", { fallback: false }),
});

/** What a daemon keeps of a container; real manifests of the internal form carry it, and it means nothing there. */
const KEPT_BY_DAEMON = [
  "resolv_conf_path",
  "hosts_path",
  "hostname_path",
  "network_settings",
  "state",
  "created",
  "manually_stopped",
  "restart_count",
  "started_successfully_before",
] as const;

const keptByDaemon: Fields = Object.fromEntries(
  KEPT_BY_DAEMON.map((key) => [key, both(key, ignored, "kept by the daemon, without meaning in a manifest")]),
);

const wanted = {
  id: twoKeys("container_id", "id", text, "identifier; the daemon makes one when left out"),
  name: twoKeys("container_name", "name", text, "name of the container", NAME),
  image: both("image", image, "an object whose name is the full reference of the image", {
    isRequired: true,
    missingKey: "image.name",
  }),
  domainName: both("domain_name", text, "domain name; <name>-domain when left out"),
  hostName: both("host_name", text, "host name; <name>-host when left out"),
  mounts: twoKeys("mount_points", "mounts", listOf(mount), "folders and files of the host"),
  hooks: both("hooks", listOf(hook), "programs of the host that run around the container"),
  config: both(
    "config",
    objectOf({
      env: both("env", texts, "NAME=value; NAME alone removes one of the image"),
      cmd: both("cmd", texts, "arguments in place of the image's"),
      entrypoint: both("entrypoint", texts, "program and first arguments in place of the image's"),
      user: both("user", text, "user, user:group, uid or uid:gid in place of the image's"),
      workingDir: both("working_dir", text, "absolute folder in place of the image's"),
    }),
    "environment, arguments and user",
  ),
  ioConfig: both("io_config", ioConfig, "terminal and input"),
  hostConfig: both("host_config", hostConfig, "rights, network, limits"),
  labels: both("labels", textMap, "names and texts of your own"),
  healthcheck: both("healthcheck", healthcheck, "how the container shows that it works"),
};

/** Editors look here for what they can offer; `supercargo schema` prints it. */
const schemaReference: Fields = { $schema: both("$schema", ignored, "place of a JSON Schema, for editors") };

/** The whole document. */
export const MANIFEST = objectOf<typeof wanted & Fields>({ ...wanted, ...keptByDaemon, ...schemaReference });

export type ManifestValues = NonNullable<ReturnType<typeof MANIFEST.read>>;
