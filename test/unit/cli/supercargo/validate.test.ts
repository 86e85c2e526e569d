/** `supercargo validate` and `schema`: every defect named with its place, exit codes that tell the truth, a schema that agrees. */

import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readManifest } from "../../../../src/manifest/read.ts";
import { manifestSchema } from "../../../../src/manifest/schema.ts";
import { manifestText, temporaryFolder } from "../../deploy/support/folder.ts";
import { documentedManifest, sharedManifests } from "../../manifest/cases.ts";
import { runTool } from "./run-tool.ts";
import { faultsBySchema } from "./schema-check.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]();
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  open.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  return folder.path;
}

const PORT = (host_ip: string, host_port: number, host_port_end = host_port) => ({
  host_config: { port_mappings: [{ container_port: 80, host_ip, host_port, host_port_end }] },
});

describe("validate", () => {
  test("a good folder: a line each, a count, exit code 0", async () => {
    const folder = folderWith({ "a.json": manifestText("web"), "b.json": manifestText("db") });
    expect(await runTool("validate", folder)).toEqual({
      code: 0,
      out: `ok: ${folder}/a.json: container web\nok: ${folder}/b.json: container db\n2 of 2 manifests can be deployed\n`,
      err: "",
    });
  });

  test("a problem has file, line, column and key; the others are still looked at; exit code 1", async () => {
    const folder = folderWith({
      "bad.json": '{\n  "container_name": "web",\n  "image": {"name": 5}\n}',
      "good.json": manifestText("db"),
    });
    const { code, out } = await runTool("validate", folder);
    expect(code).toBe(1);
    expect(out.split("\n").slice(0, 3)).toEqual([
      `problem: ${folder}/bad.json:3:21: image.name: text expected, number found (expected: text)`,
      `ok: ${folder}/good.json: container db`,
      "1 of 2 manifests can be deployed",
    ]);
  });

  test("JSON holds the same, for programs", async () => {
    const folder = folderWith({
      "a.json": manifestText("web", "host/web:1", { host_confg: {} }),
      "b.json": "{",
    });
    const { code, out } = await runTool("validate", "--json", join(folder, "a.json"), join(folder, "b.json"));
    expect(code).toBe(1);
    const report = JSON.parse(out);
    expect(report.valid).toBe(false);
    expect(report.files[0]).toEqual({
      path: join(folder, "a.json"),
      valid: true,
      container: "web",
      form: "cm",
      problems: [],
      warnings: [
        {
          line: 1,
          column: 55,
          key: "host_confg",
          message: 'unknown key "host_confg"',
          expected: '"host_config" is the nearest known key',
        },
      ],
    });
    expect(report.files[1].problems[0].line).toBe(1);
  });

  test("warnings are no obstacle unless it is strict", async () => {
    const folder = folderWith({ "a.json": manifestText("web", "host/web:1", { host_confg: {} }) });
    expect((await runTool("validate", folder)).code).toBe(0);
    expect((await runTool("validate", "--strict", folder)).code).toBe(1);
  });

  test("two files for one name or one id: the second is named with the first", async () => {
    const folder = folderWith({
      "a.json": manifestText("web"),
      "b.json": manifestText("web"),
      "c.json": manifestText("c", "host/c:1", { container_id: "same" }),
      "d.json": manifestText("d", "host/d:1", { container_id: "same" }),
    });
    const { code, out } = await runTool("validate", folder);
    expect(code).toBe(1);
    expect(out).toContain(
      `problem: ${folder}/b.json:1:19: container_name: container name "web" is already given by ${folder}/a.json`,
    );
    expect(out).toContain(`container id "same" is already given by ${folder}/c.json`);
  });

  test("ports of the host that two of them want are a warning; ranges and other addresses are not", async () => {
    const clash = folderWith({
      "a.json": manifestText("a", "host/a:1", PORT("localhost", 8080)),
      "b.json": manifestText("b", "host/b:1", PORT("127.0.0.1", 8080)),
    });
    const warned = await runTool("validate", clash);
    expect(warned.code).toBe(0);
    expect(warned.out).toContain(
      "host_config.port_mappings[0].host_port: port 8080 (tcp) of the host is taken by",
    );
    const none = folderWith({
      "a.json": manifestText("a", "host/a:1", PORT("10.0.0.1", 8080)),
      "b.json": manifestText("b", "host/b:1", PORT("127.0.0.1", 8080)),
      "c.json": manifestText("c", "host/c:1", PORT("0.0.0.0", 8080, 8090)),
      "d.json": manifestText("d", "host/d:1", PORT("0.0.0.0", 0)),
    });
    expect((await runTool("validate", none)).out).not.toContain("warning");
  });

  test("what is no manifest: a missing path, an empty folder, a folder with a manifest's name, a link to nothing, a sub-folder", async () => {
    const folder = folderWith({ "a.json": manifestText("web") });
    mkdirSync(join(folder, "d.json"));
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "sub", "x.json"), manifestText("x"));
    symlinkSync("/nowhere", join(folder, "l.json"));
    const { code, out } = await runTool("validate", folder, `${folder}/none`, folderWith({}));
    expect(code).toBe(1);
    for (const line of [
      `problem: ${folder}/none: there is no such file or folder`,
      ": no manifests found",
      `warning: ${folder}/sub: sub-folders are not read: its manifests are not deployed`,
      `problem: ${folder}/d.json: is a folder, not a file`,
      `problem: ${folder}/l.json: is a link to nothing`,
      `ok: ${folder}/a.json: container web`,
    ])
      expect(out).toContain(line);
  });

  test("mistakes on the command line are exit code 2", async () => {
    for (const words of [["validate"], ["validate", "--nope", "x"], ["valdate", "x"], []]) {
      const { code } = await runTool(...words);
      expect(code).toBe(2);
    }
    expect((await runTool("valdate")).err).toContain("Did you mean validate?");
  });
});

describe("schema", () => {
  const samples = () => [
    ...[...sharedManifests("manifests")].map(
      ([name, bytes]) => [name, new TextDecoder().decode(bytes)] as const,
    ),
    ["documented", documentedManifest()] as const,
  ];

  test("is printed, with a description for each key", async () => {
    const { code, out } = await runTool("schema");
    expect(code).toBe(0);
    const schema = JSON.parse(out);
    const { properties } = schema.$defs.cm;
    expect(Object.keys(properties)).toContain("container_name");
    expect(Object.keys(schema.$defs.internal.properties)).toContain("name");
    const described = (part: unknown, path: string): readonly string[] => {
      if (typeof part !== "object" || part === null) return [];
      return Object.entries(part).flatMap(([key, value]) =>
        key === "properties"
          ? Object.entries(value).flatMap(([name, one]) => [
              `${path}.${name}: ${typeof (one as { description?: unknown }).description}`,
              ...described(one, `${path}.${name}`),
            ])
          : described(value, path),
      );
    };
    const keys = described(schema, "");
    expect(keys.length).toBeGreaterThan(150);
    // What an ulimit is made of is told with the map that holds it.
    expect(keys.filter((key) => !key.endsWith(": string") && !/\.(soft|hard): /.test(key))).toEqual([]);
    expect(properties.host_config.properties.network_mode.default).toBe("bridge");
  });

  test.each(samples())("accepts %s, strictly too", (_name, text) => {
    expect(faultsBySchema(JSON.parse(text), manifestSchema(false))).toEqual([]);
    expect(faultsBySchema(JSON.parse(text), manifestSchema(true))).toEqual([]);
  });

  test.each([
    ["02-wrong-type.json"],
    ["04-missing-image.json"],
    ["05-invalid-port.json"],
    ["08-array-not-object.json"],
    ["11-huge-number.json"],
    ["13-missing-name.json"],
    ["17-null-for-required.json"],
    ["10-name-with-slash.json"],
    ["18-partial-resources-bad-unit.json"],
  ])("refuses %s", (name) => {
    const bytes = sharedManifests("bad-manifests").get(name);
    expect(bytes).toBeDefined();
    expect(faultsBySchema(JSON.parse(new TextDecoder().decode(bytes)), manifestSchema(false))).not.toEqual(
      [],
    );
  });

  test("refuses an unknown key only when strict, and lets a manifest name its schema", () => {
    const manifest = {
      $schema: "schema.json",
      container_name: "web",
      image: { name: "host/web:1" },
      nope: 1,
    };
    expect(faultsBySchema(manifest, manifestSchema(false))).toEqual([]);
    expect(faultsBySchema(manifest, manifestSchema(true))).not.toEqual([]);
    expect(faultsBySchema({ ...manifest, nope: undefined }, manifestSchema(false))).toEqual([]);
  });
});

test("the schema knows what we added, as reading does", () => {
  const manifest = {
    container_name: "web",
    image: { name: "host/web:1", pull_policy: "newer" },
    labels: { team: "deck" },
    host_config: {
      read_only_rootfs: true,
      ulimits: { nofile: 4096, core: { soft: 0, hard: -1 } },
      sysctls: { "net.ipv4.ip_forward": 1 },
      resources: { cpus: 1.5, pids_limit: 100 },
    },
    healthcheck: { http: { port: 80 }, interval: "5s", timeout: 2 },
  };
  expect(faultsBySchema(manifest, manifestSchema(true))).toEqual([]);
  const wrong = { ...manifest, host_config: { ulimits: { nofile: "many" }, resources: { cpus: "two" } } };
  expect(faultsBySchema(wrong, manifestSchema(false)).length).toBeGreaterThan(1);
});

describe("the words and patterns of the schema", () => {
  const base = { container_name: "web", image: { name: "host/web:1" } };
  const inHost = (more: unknown) => ({ ...base, host_config: more });
  const driver = (more: object) => inHost({ log_config: { driver_config: more } });
  const ROWS: readonly (readonly [string, (text: string) => unknown, readonly string[]])[] = [
    [
      "pull_policy",
      (pull_policy) => ({ ...base, image: { ...base.image, pull_policy } }),
      ["missing", "newer", "always"],
    ],
    [
      "propagation",
      (propagation_mode) => ({
        ...base,
        mount_points: [{ source: "/a", destination: "/b", propagation_mode }],
      }),
      ["rprivate", "private", "rshared", "shared", "rslave", "slave"],
    ],
    [
      "restart",
      (type) => inHost({ restart_policy: { type } }),
      ["no", "always", "unless-stopped", "on-failure"],
    ],
    ["network", (network_mode) => inHost({ network_mode }), ["bridge", "host"]],
    ["log driver", (type) => driver({ type }), ["json-file", "none"]],
    ["log mode", (mode) => inHost({ log_config: { mode_config: { mode } } }), ["blocking", "non-blocking"]],
    ["log size", (max_size) => driver({ max_size }), ["1M", "1.5g", "10 k"]],
    ["memory", (memory) => inHost({ resources: { memory } }), ["64M", "1.5g", "10000 k"]],
    ["name", (container_name) => ({ ...base, container_name }), ["web", "_w.e-b", "W3b"]],
  ];
  const WRONG = ["nonsense/", "Bridge", "64", "64MB", "M", "-1", " web", "always "];

  for (const [key, manifestOf, good] of ROWS) {
    test(`${key}: the schema says what reading says`, () => {
      for (const text of [...good, ...WRONG, ...(key === "name" ? [] : [""])]) {
        const manifest = manifestOf(text);
        const isRead = readManifest(JSON.stringify(manifest), { file: "f", source: "folder" }).ok;
        const isBySchema = faultsBySchema(manifest, manifestSchema(true)).length === 0;
        expect([key, text, isBySchema]).toEqual([key, text, isRead]);
        if (good.includes(text)) expect([key, text, isRead]).toEqual([key, text, true]);
      }
    });
  }
});
