import { expect, test } from "bun:test";
import { describeNote } from "../../../src/manifest/note.ts";
import { type ManifestResult, readManifest } from "../../../src/manifest/read.ts";
import { retryTimeoutNanos } from "../../../src/manifest/wish.ts";
import { compareWhole } from "../../../src/model/compare.ts";
import type { DesiredContainer } from "../../../src/model/container.ts";
import { containerOf } from "../model/builders.ts";
import { documentedManifest, sharedManifests } from "./cases.ts";

const MINIMAL = { container_name: "web", image: { name: "localhost:5000/demo/web:1.0" } };

function read(value: unknown, source: "folder" | "init-dir" = "folder"): ManifestResult {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return readManifest(text, { file: "f", source });
}

function desired(value: unknown, source: "folder" | "init-dir" = "folder"): DesiredContainer {
  const result = read(value, source);
  if (!result.ok) throw new Error(result.problems.map(describeNote).join("\n"));
  return result.manifest.desired;
}

function problems(value: unknown): readonly string[] {
  const result = read(value);
  return result.ok ? [] : result.problems.map((note) => `${note.key}: ${note.message}`);
}

function warnings(value: unknown): readonly string[] {
  return read(value).warnings.map((note) => `${note.key}: ${note.message}`);
}

const host = (changes: object): object => ({ ...MINIMAL, host_config: changes });

test.each([...sharedManifests("manifests")])("%s is accepted without a warning", (name, bytes) => {
  const result = readManifest(bytes, { file: name, source: "folder" });
  expect(result.ok ? [] : result.problems.map(describeNote)).toEqual([]);
  expect(result.warnings).toEqual([]);
  expect(result.ok && result.manifest.format).toBe(name.startsWith("07") ? "internal" : "cm");
});

test("the manifest that the documentation shows is read as it is meant", () => {
  const result = read(documentedManifest());
  if (!result.ok) throw new Error(describeNote(result.problems[0]));
  const wish = result.manifest.desired;
  expect(result.warnings).toEqual([]);
  expect(result.manifest.format).toBe("internal");
  expect(wish).toMatchObject({ id: "", name: "databroker", hostName: "databroker-host" });
  expect(wish.hostConfig.portMappings).toEqual([
    { protocol: "tcp", containerPort: 55555, hostIp: "localhost", hostPort: 30555, hostPortEnd: 30555 },
  ]);
  expect(wish.hostConfig.logConfig.driver.maxSize).toBe("1M");
  expect(wish.config).toEqual({ env: ["RUST_LOG=info", "vehicle_data_broker=debug"], cmd: [] });
  expect(wish.image.decryptConfig).toBeUndefined();
});

test("elements get the defaults that Kanto gives, also where its deployer refuses", () => {
  const wish = desired(
    sharedManifests("manifests").get("11-partial-elements.json") &&
      new TextDecoder().decode(sharedManifests("manifests").get("11-partial-elements.json")),
  );
  expect(wish.mounts[0]?.propagationMode).toBe("rprivate");
  expect(wish.hostConfig.portMappings[0]).toEqual({
    protocol: "tcp",
    hostIp: "0.0.0.0",
    hostPort: 8088,
    hostPortEnd: 8088,
    containerPort: 80,
  });
  expect(wish.hostConfig.resources).toEqual({ memory: "48M", memoryReservation: "", memorySwap: "" });
});

test("what Kanto's deployer drops is kept: terminal, input, hooks, capabilities", () => {
  const wish = desired({
    ...MINIMAL,
    io_config: { tty: true, open_stdin: true },
    hooks: [
      { path: "/h", type: 2, timeout: 5 },
      { path: "/i", type: "Poststart" },
    ],
    host_config: { extra_capabilities: ["CAP_NET_ADMIN"] },
  });
  expect(wish.ioConfig).toMatchObject({ tty: true, openStdin: true, attachStdin: false });
  expect(wish.hooks).toEqual([
    { path: "/h", args: [], env: [], timeoutSeconds: 5, type: "Poststop" },
    { path: "/i", args: [], env: [], timeoutSeconds: 0, type: "Poststart" },
  ]);
  expect(wish.hostConfig.extraCapabilities).toEqual(["CAP_NET_ADMIN"]);
});

test("proto and protocol mean the same; when they differ it is said, and the form's own word counts", () => {
  const port = (keys: object) => host({ port_mappings: [{ container_port: 1, host_port: 2, ...keys }] });
  expect(desired(port({ proto: "udp" })).hostConfig.portMappings[0]?.protocol).toBe("udp");
  expect(desired(port({ protocol: "udp" })).hostConfig.portMappings[0]?.protocol).toBe("udp");
  expect(warnings(port({ proto: "udp", protocol: "udp" }))).toEqual([]);
  expect(desired(port({ protocol: "udp", proto: "tcp" })).hostConfig.portMappings[0]?.protocol).toBe("tcp");
  expect(warnings(port({ protocol: "udp", proto: "tcp" }))[0]).toContain("mean the same and differ");
});

test("small retry timeouts are seconds, large ones nanoseconds", () => {
  expect(retryTimeoutNanos(30n)).toBe(30_000_000_000n);
  expect(retryTimeoutNanos(999_999n)).toBe(999_999_000_000_000n);
  expect(retryTimeoutNanos(1_000_000n)).toBe(1_000_000n);
  expect(retryTimeoutNanos(30_000_000_000n)).toBe(30_000_000_000n);
  const text =
    '{"container_name":"a","image":{"name":"x"},"host_config":{"restart_policy":{"type":"always","retry_timeout":9223372036854775807}}}';
  expect(desired(text).hostConfig.restartPolicy.retryTimeoutNanos).toBe(9_223_372_036_854_775_807n);
});

test("the default size of logs depends on who reads", () => {
  const size = (value: unknown, source: "folder" | "init-dir") =>
    desired(value, source).hostConfig.logConfig.driver.maxSize;
  expect(size(MINIMAL, "folder")).toBe("1M");
  expect(size(MINIMAL, "init-dir")).toBe("100M");
  expect(size(host({ log_config: { driver_config: { max_files: 3 } } }), "folder")).toBe("1M");
  expect(size(host({ log_config: { driver_config: { max_size: "7M" } } }), "folder")).toBe("7M");
  expect(size(host({ log_config: { driver_config: { type: "none" } } }), "folder")).toBe("");
  expect(size({ name: "a", image: { name: "x" } }, "folder")).toBe("100M");
});

test("null is the same as absent, but not for what is required", () => {
  const nulls = {
    ...MINIMAL,
    container_id: null,
    mount_points: null,
    hooks: null,
    config: null,
    io_config: null,
    host_config: {
      devices: null,
      network_mode: null,
      restart_policy: null,
      log_config: null,
      resources: null,
    },
  };
  expect(desired(nulls)).toEqual(desired({ ...MINIMAL, host_config: {} }));
  expect(desired({ ...MINIMAL, config: { cmd: null } }).config).toEqual({ env: [], cmd: [] });
  expect(problems({ ...MINIMAL, container_name: null })).toEqual(["container_name: required, but missing"]);
  expect(problems({ ...MINIMAL, image: { name: null } })).toEqual(["image.name: required, null found"]);
});

test("keys of another case are taken as Kanto takes them, with a warning", () => {
  const value = { Container_Name: "web", IMAGE: { Name: "x" } };
  expect(desired(value).name).toBe("web");
  expect(warnings(value)).toContain('Container_Name: the key "Container_Name" is spelt differently');
});

test("the exact spelling goes before another case", () => {
  expect(desired({ CONTAINER_NAME: "other", ...MINIMAL }).name).toBe("web");
});

test("keys of the other form are named with the right one", () => {
  const result = read({ ...MINIMAL, mounts: [] });
  expect(result.warnings.map(describeNote)[0]).toContain(
    'unknown key "mounts" (expected: "mount_points" is the nearest known key)',
  );
});

test("what a daemon keeps is known and without meaning", () => {
  const value = {
    ...MINIMAL,
    state: { status: 2 },
    created: "x",
    restart_count: "many",
    network_settings: null,
  };
  expect(warnings(value)).toEqual([]);
  expect(desired(value)).toEqual(desired(MINIMAL));
});

test("all problems are named at once, sorted by place, none because of another", () => {
  expect(
    problems({
      container_name: "a/b",
      image: { name: 5 },
      mount_points: [{ source: "/a" }, null],
      host_config: {
        network_mode: "none",
        resources: { memory: 5, memory_swap: "64m" },
        port_mappings: [{ host_port: 1.5, container_port: 80 }],
      },
    }),
  ).toEqual([
    "container_name: invalid container name format : a/b",
    "image.name: text expected, number found",
    "mount_points[0].destination: required, but missing",
    "mount_points[1]: null found in a list",
    "host_config.network_mode: unsupported network mode none",
    "host_config.resources.memory: text expected, number found",
    'host_config.port_mappings[0].host_port: "1.5" is no whole number',
  ]);
});

test("rules of the model stand at the place of the value", () => {
  const result = read(
    '{\n "container_name": "a",\n "image": {"name": "x"},\n "config": {"env": ["A=1",\n  "=x"]}\n}',
  );
  expect(result.ok ? "" : describeNote(result.problems[0])).toStartWith(
    "f:5:3: config.env[1]: invalid environmental variable declaration provided : =x",
  );
});

test("one host port published twice is a problem; port 0 and ranges find a free one", () => {
  const port = (host_port: number, more: object = {}) => ({ container_port: 80, host_port, ...more });
  expect(problems(host({ port_mappings: [port(80), port(80)] }))[0]).toContain(
    "is published in line 1 already",
  );
  expect(
    problems(
      host({
        port_mappings: [
          port(0),
          port(0),
          port(80),
          port(80, { proto: "udp" }),
          port(80, { host_port_end: 90 }),
        ],
      }),
    ),
  ).toEqual([]);
});

test("an odd path is a warning", () => {
  const value = { ...MINIMAL, mount_points: [{ source: "rel", destination: "/x" }] };
  expect(read(value).ok).toBe(true);
  expect(warnings(value)).toEqual(["mount_points[0].source: the path is not absolute"]);
});

test("hooks of unknown type and capabilities that no kernel has are refused", () => {
  const value = {
    ...MINIMAL,
    hooks: [{ path: "/h", type: 9 }],
    host_config: { extra_capabilities: ["net_admin"] },
  };
  expect(problems(value)).toEqual([
    "hooks[0].type: unknown type of hook",
    "host_config.extra_capabilities[0]: unknown capability net_admin",
  ]);
});

test("privileged with empty lists is fine", () => {
  expect(problems(host({ privileged: true, devices: [], extra_capabilities: [] }))).toEqual([]);
});

test("places tell what the manifest gives and what is a default", () => {
  const result = read(
    '{"container_name":"a","image":{"name":"x"},\n"host_config":{"log_config":{"driver_config":{"max_files":3}}}}',
  );
  if (!result.ok) throw new Error("refused");
  const { placeOf } = result.manifest;
  expect(placeOf("hostConfig.logConfig.driver.maxFiles")).toEqual({
    line: 2,
    column: 59,
    key: "host_config.log_config.driver_config.max_files",
  });
  expect(placeOf("hostConfig.logConfig.driver.maxSize")).toBeUndefined();
});

test("another order of keys and written defaults make no difference to the container", () => {
  for (const [name, bytes] of sharedManifests("manifests")) {
    const result = readManifest(bytes, { file: name, source: "folder" });
    if (!result.ok) throw new Error(name);
    const wish = result.manifest.desired;
    const turned: unknown = JSON.parse(new TextDecoder().decode(bytes), (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(desired(turned)).toEqual(wish);
    expect(compareWhole(wish, containerOf(wish)).differences).toEqual([]);
  }
});

test("a file over the limit is refused unread", () => {
  expect(problems(" ".repeat(1024 * 1024 + 1))[0]).toContain("too large");
});

test("a list of many wrong values gives a bounded number of problems", () => {
  expect(problems({ ...MINIMAL, config: { env: Array(10_000).fill(5) } }).length).toBeLessThanOrEqual(50);
});
