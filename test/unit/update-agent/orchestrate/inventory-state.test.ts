import { expect, test } from "bun:test";
import type { Inventory, SoftwareNode } from "../../../../src/update-agent/messages/payloads.ts";
import { readDesiredStateFile } from "../../../../src/update-agent/messages/read.ts";
import { desiredStateOf } from "../../../../src/update-agent/orchestrate/inventory-state.ts";

const AGENT: SoftwareNode = {
  id: "containers-update-agent",
  version: "1",
  name: "agent",
  type: "APPLICATION",
  parameters: [{ key: "domain", value: "containers" }],
};
const node = (id: string, ...parameters: readonly (readonly [string, string])[]): SoftwareNode => ({
  id,
  version: "1.25",
  name: "",
  type: "CONTAINER",
  parameters: parameters.map(([key, value]) => ({ key, value })),
});
const inventory = (...softwareNodes: readonly SoftwareNode[]): Inventory => ({
  hardwareNodes: [],
  softwareNodes: [AGENT, ...softwareNodes],
  associations: [],
});

test("an inventory becomes a desired state without what is only state; durations in the seconds that every agent reads", () => {
  const listed = node(
    "containers:web:x",
    ["image", "docker.io/library/nginx:1.25"],
    ["restartPolicy", "on-failure"],
    ["restartTimeout", "1m30s"],
    ["env", "A=1"],
    ["env", "B=2"],
    ["status", "Running"],
    ["created", "2026-01-01T00:00:00Z"],
    ["restartCount", "3"],
  );
  expect(desiredStateOf(inventory(listed))).toEqual({
    baselines: [],
    domains: [
      {
        id: "containers",
        config: [],
        components: [
          {
            id: "web:x",
            version: "1.25",
            config: [
              { key: "image", value: "docker.io/library/nginx:1.25" },
              { key: "restartPolicy", value: "on-failure" },
              { key: "restartTimeout", value: "90" },
              { key: "env", value: "A=1" },
              { key: "env", value: "B=2" },
            ],
          },
        ],
      },
    ],
  });
});

test("an agent without components is in it, so that it is not left out by an edit", () => {
  expect(desiredStateOf(inventory()).domains).toEqual([{ id: "containers", config: [], components: [] }]);
});

test("a file is a whole message or a desired state alone, and says where it is wrong", () => {
  const alone = readDesiredStateFile('{"domains":[{"id":"containers"}]}');
  const whole = readDesiredStateFile('{"activityId":"a","payload":{"domains":[{"id":"containers"}]}}');
  expect([alone.ok && alone.envelope.payload, whole.ok && whole.envelope.payload]).toEqual(
    Array(2).fill({ baselines: [], domains: [{ id: "containers", config: [], components: [] }] }),
  );
  expect(whole.ok && whole.envelope.activityId).toBe("a");
  const wrong = readDesiredStateFile('{"domains":\n[null]}');
  expect(!wrong.ok && wrong.reason).toBe("domains[0]: object expected, null found (line 2, column 2)");
});
