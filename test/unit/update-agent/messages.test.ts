/** The messages of the update protocol, there and back, and what is refused (spec/update-agent.md §2–§4). */

import { describe, expect, test } from "bun:test";
import {
  type Read,
  readCommand,
  readConsentAnswer,
  readConsentRequest,
  readCurrentStateGet,
  readDesiredState,
  readFeedback,
  readInventory,
} from "../../../src/update-agent/messages/read.ts";
import { isDomain, topicsOf } from "../../../src/update-agent/messages/topics.ts";
import {
  writeCommand,
  writeConsentAnswer,
  writeConsentRequest,
  writeCurrentStateGet,
  writeDesiredState,
  writeFeedback,
  writeInventory,
} from "../../../src/update-agent/messages/write.ts";

const stamp = { activityId: "a-1", timestamp: 1714557600123 };

function payloadOf<T>(read: Read<T>): T {
  if (!read.ok) throw new Error(read.reason);
  expect(read.envelope.activityId).toBe("a-1");
  return read.envelope.payload;
}

function reasonOf(read: Read<unknown>): string {
  if (read.ok) throw new Error("it was taken");
  return read.reason;
}

describe("topics", () => {
  test.each([
    ["containers", "containersupdate/desiredstate"],
    ["self-update", "selfupdate/desiredstate"],
    ["vehicle", "vehicleupdate/desiredstate"],
    ["my-cars", "mycarsupdate/desiredstate"],
  ])("of the domain %s", (domain, topic) => {
    expect(topicsOf(domain).desiredState).toBe(topic);
    expect(topicsOf(domain).command).toBe(`${topic}/command`);
  });

  test.each(["", "a/b", "a+b", "#", "a\0"])("cannot be made of %j", (domain) => {
    expect(isDomain(domain)).toBe(false);
  });
});

describe("there and back", () => {
  test("a desired state", () => {
    const text = `{"activityId":"a-1","timestamp":1,"payload":{"baselines":[{"title":"web-group","components":["containers:web"]}],"domains":[{"id":"containers","config":[{"key":"systemContainers","value":"sua, monitor"}],"components":[{"id":"web","version":"1.25","config":[{"key":"image","value":"docker.io/library/nginx:1.25"},{"key":"port","value":"8080:80"}]}]}]}}`;
    const desiredState = payloadOf(readDesiredState(text));
    expect(writeDesiredState({ activityId: "a-1", timestamp: 1 }, desiredState)).toBe(text);
  });

  test("a command, with its baseline as it was given", () => {
    for (const baseline of ["*", "web-group"]) {
      const text = writeCommand(stamp, { command: "DOWNLOAD", baseline });
      expect(payloadOf(readCommand(text))).toEqual({ command: "DOWNLOAD", baseline });
    }
    expect(payloadOf(readCommand(writeCommand(stamp, { command: "CLEANUP" })))).toEqual({
      command: "CLEANUP",
    });
  });

  test("feedback, an empty version and progress left out", () => {
    const text = `{"activityId":"a-1","timestamp":1714557600123,"payload":{"baseline":"*","status":"DOWNLOADING","actions":[{"component":{"id":"containers:web","version":"1"},"status":"DOWNLOADING","progress":40,"message":"New container will be created and started."},{"component":{"id":"containers:db"},"status":"IDENTIFIED"}]}}`;
    expect(writeFeedback(stamp, payloadOf(readFeedback(text)))).toBe(text);
  });

  test("an inventory, parameters without value and hardware included", () => {
    const text = `{"activityId":"a-1","timestamp":1714557600123,"payload":{"hardwareNodes":[{"id":"ecu","addressable":true}],"softwareNodes":[{"id":"containers-update-agent","version":"1.0.0","name":"Eclipse Kanto Containers Update Agent","parameters":[{"key":"domain","value":"containers"}],"type":"APPLICATION"},{"id":"containers:web","version":"1.0","parameters":[{"key":"finishedAt"}],"type":"CONTAINER"}],"associations":[{"sourceId":"containers-update-agent","targetId":"containers:web"}]}}`;
    expect(writeInventory(stamp, payloadOf(readInventory(text)))).toBe(text);
  });

  test("owner consent", () => {
    expect(payloadOf(readConsentRequest(writeConsentRequest(stamp, { command: "UPDATE" })))).toEqual({
      command: "UPDATE",
    });
    expect(payloadOf(readConsentAnswer(writeConsentAnswer(stamp, { status: "DENIED" })))).toEqual({
      status: "DENIED",
    });
  });

  test("a question for the current state: any payload, and none at all", () => {
    expect(writeCurrentStateGet(stamp)).toBe(`{"activityId":"a-1","timestamp":1714557600123,"payload":null}`);
    for (const text of [
      '{"activityId":"a-1"}',
      '{"activityId":"a-1","payload":[1]}',
      writeCurrentStateGet(stamp),
    ]) {
      payloadOf(readCurrentStateGet(text));
    }
    expect(readCurrentStateGet("")).toEqual({ ok: true, envelope: { activityId: "", payload: undefined } });
    expect(readCurrentStateGet("null").ok).toBe(true);
    expect(readCurrentStateGet("[]").ok).toBe(false);
  });
});

describe("as the peer reads", () => {
  test("names in any case, unknown members, null for nothing, a missing timestamp", () => {
    const read = readDesiredState(
      '{"ActivityID":"a-1","more":1,"PAYLOAD":{"Domains":[{"ID":"containers","config":null,"components":[{"id":"x","version":null,"Config":[{"KEY":"env","value":null}]}]}]}}',
    );
    if (!read.ok) throw new Error(read.reason);
    expect(read.envelope.timestamp).toBeUndefined();
    expect(payloadOf(read).domains[0]?.components[0]).toEqual({
      id: "x",
      version: "",
      config: [{ key: "env", value: "" }],
    });
  });

  test("null is an empty envelope", () => {
    expect(readDesiredState("null")).toEqual({
      ok: true,
      envelope: { activityId: "", payload: { baselines: [], domains: [] } },
    });
  });

  test("null among the components of a baseline is harmless", () => {
    const read = readDesiredState(
      '{"activityId":"a-1","payload":{"baselines":[{"title":"b","components":[null]}]}}',
    );
    expect(payloadOf(read).baselines[0]?.components).toEqual([""]);
  });
});

describe("refused", () => {
  test.each([
    ["not JSON", "{", "not JSON at line 1, column 2: unexpected end of file"],
    ["a list", "[]", "message: object expected, list found (line 1, column 1)"],
    [
      "a payload of a wrong kind",
      '{"payload":"x"}',
      "payload: object expected, text found (line 1, column 12)",
    ],
    [
      "null for a domain",
      '{"payload":{"domains":[null]}}',
      "payload.domains[0]: object expected, null found",
    ],
    [
      "null for a component",
      '{"payload":{"domains":[{"components":[{"id":"a"},null]}]}}',
      "payload.domains[0].components[1]: object expected, null found",
    ],
    [
      "null for a pair",
      '{"payload":{"domains":[{"components":[{"config":[null]}]}]}}',
      "payload.domains[0].components[0].config[0]: object expected, null found",
    ],
    [
      "null for a pair of the domain",
      '{"payload":{"domains":[{"config":[null]}]}}',
      "payload.domains[0].config[0]: object expected, null found",
    ],
    [
      "null for a baseline",
      '{"payload":{"baselines":[null]}}',
      "payload.baselines[0]: object expected, null found",
    ],
    [
      "a number for a value",
      '{"payload":{"domains":[{"components":[{"config":[{"key":"memory","value":64}]}]}]}}',
      "payload.domains[0].components[0].config[0].value: text expected, number found",
    ],
    [
      "text for a list",
      '{"payload":{"domains":"x"}}',
      "payload.domains: list of objects expected, text found",
    ],
    ["a fraction for a time", '{"timestamp":1.5}', "timestamp: whole number from"],
  ])("%s", (_, text, reason) => {
    expect(reasonOf(readDesiredState(text))).toContain(reason);
  });

  test("with the activity, as far as it could be read", () => {
    expect(readDesiredState('{"activityId":"a-1","payload":{"domains":[null]}}')).toMatchObject({
      ok: false,
      activityId: "a-1",
    });
  });

  test("an unknown command, with those that are known", () => {
    expect(reasonOf(readCommand('{"activityId":"a","payload":{"command":"RESTART"}}'))).toContain(
      'payload.command: one of DOWNLOAD, UPDATE, ACTIVATE, ROLLBACK, CLEANUP expected, "RESTART" found (line 1, column 40)',
    );
    expect(reasonOf(readCommand("{}"))).toContain("payload.command: one of DOWNLOAD");
  });

  test("an empty message, as such", () => {
    expect(readDesiredState("")).toMatchObject({ ok: false, isEmpty: true });
  });

  test("nesting without end and bytes that are no text", () => {
    expect(readDesiredState("[".repeat(1_000_000)).ok).toBe(false);
    expect(reasonOf(readDesiredState(new Uint8Array([0x22, 0xff, 0x22])))).toContain("not UTF-8");
  });
});
