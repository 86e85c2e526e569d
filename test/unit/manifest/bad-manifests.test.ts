import { expect, test } from "bun:test";
import { describeNote } from "../../../src/manifest/note.ts";
import { readManifest } from "../../../src/manifest/read.ts";
import { sharedManifests } from "./cases.ts";

const FILES = sharedManifests("bad-manifests");

/** What is answered to each: places, keys and reasons, as its README asks. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  "01-truncated": [
    "8:26: host_config.network_mode: unexpected end of file inside the text that begins at 8:21: the object that begins in line 7 is not closed",
  ],
  "02-wrong-type": ["8:12: config.env: list of texts expected, text found"],
  "04-missing-image": ["1:1: image.name: required, but missing"],
  "05-invalid-port": [
    "12:22: host_config.port_mappings[0].host_port: 70080 is out of range (expected: a whole number from 0 to 65535)",
    "13:26: host_config.port_mappings[0].host_port_end: 70080 is out of range",
    "14:27: host_config.port_mappings[0].container_port: -80 is out of range (expected: a whole number from 1 to 65535)",
  ],
  "07-empty-file": ["1:1: the file is empty"],
  "08-array-not-object": ["1:1: object expected at top level, list found"],
  "09-binary-garbage": ["1:3: not UTF-8 text: wrong byte at offset 2"],
  "10-name-with-slash": [
    "3:21: container_name: invalid container name format : ../demo/escape (expected: [a-zA-Z0-9_][a-zA-Z0-9_.-]*, at most 255 characters)",
  ],
  "11-huge-number": [
    "10:30: host_config.restart_policy.maximum_retry_count: 123456789012345678901234567890 is out of the integer range",
  ],
  "12-duplicate-key": [
    '5:3: container_name: the key "container_name" stands in lines 3 and 5',
    '6:3: image: the key "image" stands in lines 4 and 6',
  ],
  "13-missing-name": ["1:1: container_name: required, but missing"],
  "14-trailing-comma-and-comment": ["2:3: comments are not JSON", "4:53: trailing comma before }"],
  "16-two-documents": ["8:1: text after the end of the document, which ends in line 7"],
  "17-null-for-required": ["4:12: image: required, null found"],
  "18-partial-resources-bad-unit": [
    "9:17: host_config.resources.memory: invalid format of memory - sixty-four (expected: a number with the unit k, m or g",
  ],
  "19-utf16": ["1:1: the file is UTF-16 text, not UTF-8"],
  "20-deep-nesting": [`1:204: x${"[0]".repeat(39)}[0...: nested too deep (expected: at most 128 levels)`],
};
/** Accepted: an unknown key is a warning, a mark is skipped, the incomplete internal form gets defaults. */
const ACCEPTED = ["03-unknown-key", "06-bom", "15-internal-format-key-missing"];

test("every bad manifest has an answer here", () => {
  const names = [...FILES.keys()].map((name) => name.replace(".json", ""));
  expect([...Object.keys(ANSWERS), ...ACCEPTED].sort()).toEqual(names);
});

test.each(Object.entries(ANSWERS))("%s is refused with place, key and reason", (name, answers) => {
  const result = readManifest(FILES.get(`${name}.json`) ?? "", { file: name, source: "folder" });
  const lines = result.ok ? [] : result.problems.map((problem) => describeNote(problem));
  expect(lines).toHaveLength(answers.length);
  for (const [index, answer] of answers.entries()) expect(lines[index]).toStartWith(`${name}:${answer}`);
});

test("a misspelt key is a warning with the nearest key, and a problem when reading strictly", () => {
  const bytes = FILES.get("03-unknown-key.json") ?? "";
  const usual = readManifest(bytes, { file: "f", source: "folder" });
  const line =
    'f:9:5: host_config.restart_polcy: unknown key "restart_polcy" (expected: "restart_policy" is the nearest known key)';
  expect(usual.ok).toBe(true);
  expect(usual.warnings.map(describeNote)).toEqual([line]);
  const strict = readManifest(bytes, { file: "f", source: "folder", isStrict: true });
  expect(strict.ok ? [] : strict.problems.map(describeNote)).toEqual([line]);
});

test("a byte order mark is skipped", () => {
  const result = readManifest(FILES.get("06-bom.json") ?? "", { file: "f", source: "folder" });
  expect(result.ok && result.manifest.desired.name).toBe("demo");
});

test("the internal form with most keys absent is taken with defaults", () => {
  const result = readManifest(FILES.get("15-internal-format-key-missing.json") ?? "", {
    file: "f",
    source: "folder",
  });
  expect(result.ok && result.manifest.format).toBe("internal");
  expect(result.ok && result.manifest.desired.hostConfig.networkMode).toBe("bridge");
});

test("only what ends too early may still be being written", () => {
  for (const [name, bytes] of FILES) {
    const result = readManifest(bytes, { file: name, source: "folder" });
    const isUnfinished = !result.ok && result.mayBeUnfinished;
    expect([name, isUnfinished]).toEqual([name, name.startsWith("01") || name.startsWith("07")]);
  }
});

test("a nameless manifest is taken from the deployment folder and from a command", () => {
  const bytes = FILES.get("13-missing-name.json") ?? "";
  const fromFolder = readManifest(bytes, { file: "f", source: "init-dir" });
  expect(fromFolder.ok && fromFolder.manifest.desired.name).toBe("noname");
  const image = '{"image":{"name":"x"}}';
  const stable = readManifest(image, { file: "f", source: "init-dir", fallbackName: "file-stem" });
  expect(stable.ok && stable.manifest.desired.name).toBe("file-stem");
  const created = readManifest(image, { file: "f", source: "create" });
  expect(created.ok && created.manifest.desired.name).toBe("");
});

test("bytes of a broken file are not repeated in messages", () => {
  const result = readManifest(FILES.get("09-binary-garbage.json") ?? "", { file: "f", source: "folder" });
  const text = result.ok ? "" : result.problems.map(describeNote).join("");
  expect(/^[\x20-\x7e]*$/.test(text)).toBe(true);
});

test("what a key or a value holds forges no line of a log and no colour of a terminal", () => {
  const text = JSON.stringify({
    container_name: "a\nb",
    image: { name: "x" },
    "k\u001b[31m\n[2026-01-01T00:00:00Z INFO  kanto_auto_deployer] Started": 1,
  });
  const result = readManifest(text, { file: "f\n.json", source: "folder" });
  const lines = [...(result.ok ? [] : result.problems), ...result.warnings].map(describeNote);
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}]/u);
  expect(lines[0]).toContain("a\\u000ab");
});
