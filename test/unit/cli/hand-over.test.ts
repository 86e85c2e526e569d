/** What Kanto would make of a configuration and of containers, before anything is handed over. */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kantosConfiguration } from "../../../src/cli/supercargo/hand-over/kanto-config.ts";
import { kantosContainers, startedByKanto } from "../../../src/cli/supercargo/hand-over/kanto-containers.ts";
import { KANTO_KEYS } from "../../../src/cli/supercargo/hand-over/kanto-keys.ts";
import { CONFIG_KEYS } from "../../../src/config/keys.ts";
import { plainContainer } from "../engine/support/spec-input.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-hand-over-"));
afterAll(() => rmSync(folder, { recursive: true }));

function told(text: string, name = "config.json"): readonly string[] {
  const path = join(folder, name);
  writeFileSync(path, text);
  return kantosConfiguration(path).map(({ level, message }) => `${level} ${message.replace(`${path}:`, "")}`);
}

describe("a configuration", () => {
  test("as Kanto's own packages ship it has nothing that is said", () => {
    expect(
      told(`{"manager": {"default_ctrs_stop_timeout": 5}, "log": {"log_file": "/var/log/x.log"},
        "things": {"enable": false}, "update_agent": {"enable": true, "system_containers": ["sua"]},
        "containers": {"image_expiry": "744h", "registry_configurations": {"ghcr.io": {"credentials": {"user_id": "a", "password": "b"}}}},
        "connection": {"keep_alive": "1m", "transport": {"root_ca": "/ca.crt"}}, "network": {"default_bridge": {"mtu": 1400, "icc": false}}}`),
    ).toEqual([]);
    expect(told("")).toEqual([]);
    expect(kantosConfiguration(join(folder, "missing.json"))).toEqual([]);
  });

  test("with keys of ours: each is named with its place and what is lost", () => {
    expect(told('{\n  "manager": {"live_restore": true},\n  "things": {"enabled": true}\n}')).toEqual([
      "warning 2:31: manager.live_restore: Kanto does not know this key: Kanto stops all containers whenever its daemon ends",
      "warning 3:25: things.enabled: Kanto does not know this key: only things.enable counts, which is true by default",
    ]);
    expect(
      told(
        '{"containers": {"registry_configurations": {"r:5000": {"credentials": {"password_file": "/p"}}}}}',
      ),
    ).toEqual([
      "warning 1:89: containers.registry_configurations.r:5000.credentials.password_file: Kanto does not know this key",
    ]);
  });

  test("with what ends Kanto at its start: every such place", () => {
    expect(told('{"things": null, "log": {"syslog": "yes"}, "connection": {"keep_alive": 20}}')).toEqual([
      "problem 1:12: things: Kanto crashes at a section that is null",
      "problem 1:36: log.syslog: Kanto does not start: true or false is expected, text found",
      "problem 1:73: connection.keep_alive: Kanto does not start: a duration such as 744h is expected, number found",
    ]);
    expect(told('{"containers": {"image_expiry": "31d", "insecure_registries": "r"}}')).toHaveLength(2);
  });

  test("with what Kanto takes otherwise", () => {
    expect(told('{"log": {"log_level": "debug"}, "deployment": {"mode": "watch"}}')).toEqual([
      'warning 1:23: log.log_level: Kanto logs nothing at the level "debug"; it knows ERROR, WARN, INFO, DEBUG, TRACE',
      "warning 1:56: deployment.mode: Kanto deploys the folder at its start only (update)",
    ]);
  });

  test("in TOML, or with a config.toml over it", () => {
    expect(told("[things]\nenable = false\n")[0]).toMatch(/^problem 1:2: |^problem .*it reads JSON only/);
    writeFileSync(join(folder, "config.toml"), "");
    expect(told("{}")).toEqual([
      `warning Kanto does not read ${join(folder, "config.toml")}: what stands in it does not count`,
    ]);
    rmSync(join(folder, "config.toml"));
  });

  test("every key that Kanto knows is one of ours", () => {
    const ours = new Set(CONFIG_KEYS.map(({ path }) => path));
    expect([...KANTO_KEYS].filter((key) => !ours.has(key))).toEqual([]);
    expect(KANTO_KEYS.size).toBe(65);
  });
});

describe("containers", () => {
  const web = plainContainer({ id: "web", name: "web", image: { name: "r/web:1" } });
  const held = { containers: [web], extras: new Map(), images: ["r/web:1"] };

  test("that Kanto can run have nothing that is said", () => {
    expect(kantosContainers(held)).toEqual([]);
  });

  test("lose what only we know, and cannot be started without their image", () => {
    const extras = new Map([["web", { user: "app", cpus: 1 }]]);
    expect(kantosContainers({ ...held, extras, images: [] })).toEqual([
      { level: "warning", subject: "web", message: "Kanto runs it without user, cpus" },
      {
        level: "problem",
        subject: "web",
        message:
          "its image r/web:1 is not on the device, and Kanto pulls none at a start; get it: kanto-cm images pull r/web:1",
      },
    ]);
  });

  test("are started by Kanto as their policy and their past say", () => {
    const started = { ...web.state, startedAt: "2024-06-28T07:35:20Z" };
    const policy = (type: string, more = {}) =>
      plainContainer(
        { id: type, name: type, state: started, ...more },
        { restartPolicy: { type, maximumRetryCount: 0, retryTimeoutNanos: 0n } },
      );
    expect(
      startedByKanto([
        policy("always", { manuallyStopped: true }),
        policy("unless-stopped"),
        policy("unless-stopped", { name: "held", manuallyStopped: true }),
        policy("no"),
        policy("on-failure"),
        { ...policy("always"), name: "never", state: web.state },
      ]),
    ).toEqual(["always", "unless-stopped"]);
  });
});
