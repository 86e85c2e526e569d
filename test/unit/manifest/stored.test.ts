import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toStoredJson } from "../../../src/manifest/stored.ts";
import { fromStoredJson } from "../../../src/manifest/stored-reader.ts";
import { containerOf } from "../model/builders.ts";

const CAPTURES = join(import.meta.dir, "../../../../shared/cases/captures");

/** Answers of the reference's `kanto-cm get`, by capture. The recorder put two blanks before a pid of its own. */
function getAnswers(file: string): readonly string[] {
  const capture: unknown = JSON.parse(readFileSync(join(CAPTURES, file), "utf8"));
  if (
    typeof capture !== "object" ||
    capture === null ||
    !("steps" in capture) ||
    !Array.isArray(capture.steps)
  )
    return [];
  return capture.steps
    .map((step: { got?: { out?: unknown } | null }) => step.got?.out)
    .filter((out): out is string => typeof out === "string" && out.startsWith('{\n   "container_id"'))
    .map((out) => out.replace('"pid":  0', '"pid": 0'));
}

test.each([
  ["cli_lifecycle.json", 1],
  ["init_dir.json", 1],
  ["kad_oneshot.json", 1],
  ["crash.json", 1],
  ["update_agent.json", 2],
])("what the reference wrote in %s comes back byte for byte", (file, count) => {
  const answers = getAnswers(file);
  expect(answers).toHaveLength(count);
  for (const answer of answers) expect(`${toStoredJson(fromStoredJson(answer), "   ")}\n`).toBe(answer);
});

test("every field survives the way to the file and back", () => {
  const rich = {
    ...containerOf({
      id: "rich",
      image: { name: "localhost:5000/demo/x:1", decryptConfig: { keys: ["/k:p<w>&"], recipients: [] } },
      mounts: [{ source: "/a", destination: "/b", propagationMode: "shared" }],
      hooks: [{ path: "/h", args: ["h", "-v"], env: ["A=1"], timeoutSeconds: 5, type: "Poststop" }],
      config: { env: ["A=\u2028\u0001ä😀"], cmd: ["run"] },
      ioConfig: {
        attachStderr: true,
        attachStdin: true,
        attachStdout: true,
        openStdin: true,
        stdinOnce: true,
        tty: true,
      },
      hostConfig: {
        networkMode: "bridge",
        devices: [{ pathOnHost: "/dev/a", pathInContainer: "/dev/b", cgroupPermissions: "rw" }],
        extraHosts: ["a:host_ip"],
        extraCapabilities: ["CAP_NET_ADMIN"],
        portMappings: [
          { protocol: "udp", hostIp: "localhost", hostPort: 1, hostPortEnd: 9, containerPort: 65535 },
        ],
        restartPolicy: {
          type: "on-failure",
          maximumRetryCount: 5,
          retryTimeoutNanos: 9_223_372_036_854_775_807n,
        },
        resources: { memory: "64m", memoryReservation: "32m", memorySwap: "" },
        logConfig: {
          driver: { type: "json-file", maxFiles: 3, maxSize: "1M", rootDir: "/logs" },
          mode: { mode: "non-blocking", maxBufferSize: "2M" },
        },
      },
    }),
    networkSettings: {
      networks: { bridge: { id: "", gateway: "g", ipAddress: "i", macAddress: "m", networkId: "" } },
      sandboxId: "s",
      sandboxKey: "k",
      networkControllerId: "",
    },
    resolvConfPath: "/r",
    hostsPath: "/h",
    hostnamePath: "/n",
    restartCount: 7,
    manuallyStopped: true,
    startedSuccessfullyBefore: true,
  };
  const text = toStoredJson(rich);
  expect(text).not.toContain("\n");
  expect(text).toContain('"retry_timeout":9223372036854775807');
  expect(text).toContain("\\u003cw\\u003e\\u0026");
  expect(fromStoredJson(text)).toEqual(rich);
});

test("old state gets its defaults, unknown keys are left out", () => {
  const old = fromStoredJson(
    '{"container_id":"a","image":{"name":"x"},"new_key":{"deep":[1]},"state":{"status":99}}',
  );
  expect(old.name).toBe("a");
  expect(old.hostConfig.restartPolicy.type).toBe("unless-stopped");
  expect(old.state.status).toBe("Unknown");
  expect(old.config).toBeUndefined();
});

test.each([
  ["", "line 1, column 1: the file is empty"],
  ["[]", "line 1, column 1: object expected at the top level, list found"],
  ['{"container_id":\n5}', "line 2, column 1: text expected at container_id, number found"],
  [
    '{"host_config":{"port_mappings":[null]}}',
    "line 1, column 34: object expected at host_config.port_mappings[0], null found",
  ],
  ['{"restart_count":1.5}', "line 1, column 18: whole number expected at restart_count, number found"],
  ['{"manually_stopped":"x"}', "line 1, column 21: true or false expected at manually_stopped, text found"],
])("%j cannot be read: %s", (text, message) => {
  expect(() => fromStoredJson(text)).toThrow(message);
});
