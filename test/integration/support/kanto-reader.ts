/**
 * A reader of stored containers that is as strict as the description of Kanto's form (spec/manifest.md §2, spec/grpc-api.md
 * §12): these keys, in this order, of these types; what is empty is left out or null, as it says. Independent of our own reader.
 */

import { readFileSync } from "node:fs";

type Check = (value: unknown, place: string) => void;

interface Field {
  readonly name: string;
  readonly check: Check;
  /** Left out when empty. */
  readonly isOptional: boolean;
}

function fail(place: string, expected: string, value: unknown): never {
  throw new Error(`${place}: ${expected} expected, found ${JSON.stringify(value)}`);
}

const text: Check = (value, place) => {
  if (typeof value !== "string") fail(place, "text", value);
};
const fullText: Check = (value, place) => {
  if (typeof value !== "string" || value === "") fail(place, "text that is not empty", value);
};
const flag: Check = (value, place) => {
  if (typeof value !== "boolean") fail(place, "true or false", value);
};
const whole: Check = (value, place) => {
  if (typeof value !== "number" || !Number.isInteger(value)) fail(place, "whole number", value);
};
/** RFC 3339, UTC, at most nine digits of a second, no zero at their end; or empty. */
const time: Check = (value, place) => {
  if (typeof value !== "string" || !/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z)?$/.test(value))
    fail(place, "time", value);
};
const oneOf =
  (...words: readonly unknown[]): Check =>
  (value, place) => {
    if (!words.includes(value)) fail(place, words.join(" or "), value);
  };
const orNull =
  (check: Check): Check =>
  (value, place) => {
    if (value !== null) check(value, place);
  };
/** Go writes an empty list as null. */
const list =
  (check: Check): Check =>
  (value, place) => {
    if (!Array.isArray(value) || value.length === 0) fail(place, "list that is not empty", value);
    value.forEach((item: unknown, at) => {
      check(item, `${place}[${at}]`);
    });
  };
const names =
  (check: Check): Check =>
  (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(place, "object", value);
    for (const [name, item] of Object.entries(value)) check(item, `${place}.${name}`);
  };

/** Names with `?` are left out when empty. */
function record(fields: Readonly<Record<string, Check>>): Check {
  const wanted: Field[] = Object.entries(fields).map(([name, check]) => ({
    name: name.replace("?", ""),
    check,
    isOptional: name.endsWith("?"),
  }));
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(place, "object", value);
    const given = new Map(Object.entries(value));
    const expected = wanted.filter(({ name, isOptional }) => !isOptional || given.has(name));
    const order = [...given.keys()].join(",");
    if (order !== expected.map(({ name }) => name).join(","))
      fail(place, expected.map(({ name }) => name).join(","), order);
    for (const { name, check } of expected) check(given.get(name), `${place}.${name}`);
  };
}

const SIZE = fullText;
const CONTAINER = record({
  container_id: fullText,
  container_name: fullText,
  image: record({
    name: fullText,
    "decrypt_config?": record({ "keys?": list(text), "recipients?": list(text) }),
  }),
  domain_name: text,
  host_name: text,
  "resolv_conf_path?": fullText,
  "hosts_path?": fullText,
  "hostname_path?": fullText,
  mount_points: orNull(
    list(
      record({
        destination: text,
        source: text,
        propagation_mode: oneOf("rprivate", "private", "rshared", "shared", "rslave", "slave"),
      }),
    ),
  ),
  hooks: orNull(
    list(
      record({
        path: text,
        args: orNull(list(text)),
        env: orNull(list(text)),
        timeout: whole,
        type: oneOf(0, 1, 2, 3),
      }),
    ),
  ),
  config: orNull(record({ "env?": list(text), "cmd?": list(text) })),
  host_config: record({
    devices: orNull(list(record({ path_on_host: text, path_in_container: text, cgroup_permissions: text }))),
    network_mode: oneOf("bridge", "host"),
    privileged: flag,
    restart_policy: record({
      maximum_retry_count: whole,
      retry_timeout: whole,
      type: oneOf("always", "no", "on-failure", "unless-stopped"),
    }),
    runtime: fullText,
    extra_hosts: orNull(list(text)),
    extra_capabilities: orNull(list(text)),
    port_mappings: orNull(
      list(
        record({
          proto: oneOf("tcp", "udp", "sctp"),
          container_port: whole,
          host_ip: text,
          host_port: whole,
          host_port_end: whole,
        }),
      ),
    ),
    log_config: record({
      driver_config: record({
        "type?": oneOf("json-file", "none"),
        "max_files?": whole,
        "max_size?": SIZE,
        "root_dir?": fullText,
      }),
      mode_config: record({ "mode?": oneOf("blocking", "non-blocking"), "max_buffer_size?": SIZE }),
    }),
    resources: orNull(record({ "memory?": SIZE, "memory_reservation?": SIZE, "memory_swap?": SIZE })),
  }),
  io_config: record({
    attach_stderr: flag,
    attach_stdin: flag,
    attach_stdout: flag,
    open_stdin: flag,
    stdin_once: flag,
    tty: flag,
  }),
  network_settings: orNull(
    record({
      networks: names(
        record({
          "id?": fullText,
          gateway: text,
          ip_address: text,
          mac_address: text,
          "network_id?": fullText,
        }),
      ),
      "sandbox_id?": fullText,
      "sandbox_key?": fullText,
      "network_controller_id?": fullText,
    }),
  ),
  state: record({
    pid: whole,
    started_at: time,
    error: text,
    exit_code: whole,
    finished_at: time,
    exited: flag,
    dead: flag,
    restarting: oneOf(false),
    paused: flag,
    running: flag,
    oomKilled: flag,
    status: oneOf(0, 1, 2, 3, 4, 5, 6, 7),
  }),
  "created?": time,
  restart_count: whole,
  manually_stopped: flag,
  started_successfully_before: flag,
});

export interface KantoState {
  readonly pid: number;
  readonly status: number;
  readonly manuallyStopped: boolean;
  readonly hasNetwork: boolean;
}

/** Throws with the place of the first thing that is not as described. One line with a line end. */
export function readAsKanto(path: string): KantoState {
  const content = readFileSync(path, "utf8");
  if (content.indexOf("\n") !== content.length - 1) throw new Error(`${path} is not one line`);
  if (/[<>&]/.test(content)) throw new Error(`${path} has <, > or & unescaped`);
  const value = JSON.parse(content);
  CONTAINER(value, "container");
  const { state } = value;
  const flags = ["running", "paused", "exited", "dead"].filter((name) => state[name] === true);
  const expected: Record<number, string> = { 2: "running", 4: "paused", 5: "exited", 6: "dead" };
  if (flags.join() !== (expected[state.status] ?? ""))
    fail("state", `flags of status ${state.status}`, flags);
  return {
    pid: state.pid,
    status: state.status,
    manuallyStopped: value.manually_stopped,
    hasNetwork: value.network_settings !== null,
  };
}
