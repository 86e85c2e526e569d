/**
 * The closed list of error codes. A code is never given twice and never changes its meaning; users search for it.
 * Kinds decide what happens at the edges: gRPC status, exit code, whether a deployer tries again (`edges.ts`).
 */

export type ErrorKind =
  | "invalid" // the request, file or value is wrong; the same again fails again
  | "not-found"
  | "exists"
  | "state" // the container is in a state that does not allow it
  | "denied" // credentials, permissions, signatures
  | "unavailable" // registry, broker, containerd, daemon away; trying again can help
  | "timeout"
  | "cancelled"
  | "exhausted" // disk, address space, queue, size limit
  | "corrupt" // content is not what its digest or checksum says
  | "unsupported"
  | "internal";

interface Entry {
  readonly kind: ErrorKind;
  readonly hint: string;
}

function entry(kind: ErrorKind, hint = ""): Entry {
  return { kind, hint };
}

export const CATALOGUE = {
  // ---- general
  SC_CANCELLED: entry("cancelled"),
  SC_TIMEOUT: entry("timeout"),
  SC_INTERNAL: entry("internal"),
  SC_DISK_FULL: entry("exhausted", "free space or remove unused images, then try again"),
  SC_IO: entry("internal"),
  // ---- containers (texts of spec/grpc-api.md §7, §8)
  SC_CONTAINER_NOT_FOUND: entry("not-found"),
  SC_CONTAINER_EXISTS: entry("exists"),
  SC_CONTAINER_INVALID: entry("invalid"),
  SC_CONTAINER_STATE: entry("state"),
  SC_STOP_TIMEOUT: entry("timeout", "use force to kill it after the timeout"),
  SC_START_FAILED: entry("internal"),
  SC_REPLACE_FAILED: entry("internal"),
  SC_CONTAINER_CRASHES: entry("state", "its output tells why; a stop ends the restarts"),
  SC_CONTAINER_UNHEALTHY: entry("state", "its output and the probe of its healthcheck tell why"),
  SC_CONTAINER_ROBBED: entry("state", "remove the container and create it again"),
  // ---- manifests
  SC_MANIFEST_INVALID: entry("invalid"),
  SC_MANIFEST_UNREADABLE: entry("invalid"),
  // ---- desired states
  SC_DESIRED_STATE_INVALID: entry("invalid"),
  SC_SUPERSEDED: entry("cancelled"),
  // ---- stored state
  SC_STATE_UNREADABLE: entry("corrupt"),
  SC_ALREADY_RUNNING: entry("exists"),
  // ---- images and registries
  SC_IMAGE_REFERENCE: entry("invalid", "use the full form host[:port]/path:tag"),
  SC_IMAGE_NOT_FOUND: entry("not-found"),
  SC_IMAGE_INVALID: entry("corrupt"),
  SC_REGISTRY_UNAVAILABLE: entry("unavailable"),
  SC_REGISTRY_DENIED: entry("denied"),
  SC_REGISTRY_PROTOCOL: entry("unavailable"),
  SC_DIGEST_MISMATCH: entry("corrupt"),
  SC_REGISTRY_UNTRUSTED: entry("denied"),
  SC_IMAGE_UNTRUSTED: entry("denied"),
  SC_TRUST_TOOL: entry("unsupported"),
  SC_IMAGE_LOCKED: entry(
    "denied",
    "name the private key in the container's image.decrypt_config or the daemon's containers.image_dec_keys",
  ),
  SC_REGISTRY_CONFIG: entry("invalid"),
  SC_IMAGE_UNSUPPORTED: entry("unsupported"),
  SC_IMAGE_IN_USE: entry("state", "remove the container first, or force it"),
  // ---- engine
  SC_ENGINE_UNAVAILABLE: entry("unavailable", "is containerd running?"),
  SC_ENGINE_NOT_FOUND: entry("not-found"),
  SC_ENGINE_EXISTS: entry("exists"),
  SC_ENGINE_FAILED: entry("internal"),
  // ---- network
  SC_PORT_IN_USE: entry("state", "choose another host port or stop what uses it"),
  SC_NETWORK_INVALID: entry("invalid"),
  SC_NETWORK_FAILED: entry("internal"),
  // ---- output and input of containers (texts of spec/grpc-api.md §8, Logs)
  SC_LOG_NOT_FOUND: entry("not-found"),
  SC_LOG_UNAVAILABLE: entry("state", "choose the log driver json-file to keep output"),
  SC_OUTPUT_DROPPED: entry("exhausted"),
  SC_LOG_QUERY_INVALID: entry("invalid", "give a time as 2026-11-21T10:00:00Z"),
  SC_OUTPUT_LIMIT: entry("exhausted", "end another attach first"),
  SC_INPUT_LIMIT: entry("exhausted"),
  SC_INPUT_CLOSED: entry("state"),
  // ---- connections
  SC_CONNECT_FAILED: entry("unavailable"),
  SC_CONNECTION_LOST: entry("unavailable"),
  SC_LISTEN_FAILED: entry("state"),
  // ---- broker
  SC_BROKER_UNAVAILABLE: entry(
    "unavailable",
    "is the MQTT broker running, and is connection.broker_url right?",
  ),
  SC_BROKER_REFUSED: entry("denied", "look at the broker's users and access rules"),
  SC_BROKER_CONFIG: entry("invalid"),
  // ---- daemon and its clients
  SC_DAEMON_UNAVAILABLE: entry("unavailable"),
  SC_CONFIG_INVALID: entry("invalid"),
  SC_CONFIG_PENDING: entry("state"),
  SC_UNSUPPORTED: entry("unsupported", "this daemon does not offer it"),
  SC_CALL_FAILED: entry("internal"),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof CATALOGUE;
