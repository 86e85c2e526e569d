/** Edits change what they have to and nothing else, in JSON and in TOML. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ConfigDocument } from "../../../../src/config/edit/document.ts";

function edited(path: string, text: string, edit: (document: ConfigDocument) => void): string {
  const document = new ConfigDocument(path, Buffer.from(text));
  edit(document);
  return document.content;
}

const json = (text: string, edit: (document: ConfigDocument) => void) => edited("c.json", text, edit);
const toml = (text: string, edit: (document: ConfigDocument) => void) => edited("c.toml", text, edit);

const JSON_TEXT = `{
    "unknown": {"kept" :  1.50},
    "Things": { "enable": true, "features": [ "Metrics" ] },
    "containers": {
        "insecure_registries": [
            "localhost"
        ]
    }
}
`;

describe("JSON", () => {
  test("a value is replaced in its place, whatever case its section has", () => {
    const after = json(JSON_TEXT, (document) => document.set(["things", "enable"], false));
    expect(after).toBe(JSON_TEXT.replace("true", "false"));
  });

  test("a new key comes behind its brothers, as deep and as wide as they stand", () => {
    const after = json(JSON_TEXT, (document) => {
      document.set(["containers", "lease_id"], 'a"b');
      document.set(["things", "home_dir"], "/x");
    });
    const deep = JSON_TEXT.replace("]\n    }\n", '],\n        "lease_id": "a\\"b"\n    }\n');
    expect(after).toBe(deep.replace('"Metrics" ]', '"Metrics" ], "home_dir": "/x"'));
  });

  test("a new section, also in an empty document", () => {
    const after = json(JSON_TEXT, (document) => document.set(["log", "log_file_size"], 3));
    expect(after).toBe(
      JSON_TEXT.replace("    }\n}\n", '    },\n    "log": {\n        "log_file_size": 3\n    }\n}\n'),
    );
    expect(json("", (document) => document.set(["a", "b"], "c"))).toBe('{\n  "a": {\n    "b": "c"\n  }\n}\n');
    expect(json("{}", (document) => document.set(["a"], true))).toBe('{\n  "a": true\n}');
    expect(json('{"a": null}', (document) => document.set(["a", "b"], 1))).toBe('{"a": {\n  "b": 1\n}}');
  });

  test("lists grow and shrink by one entry", () => {
    const grown = json(JSON_TEXT, (document) =>
      document.append(["containers", "insecure_registries"], "r:5000"),
    );
    expect(grown).toBe(JSON_TEXT.replace('"localhost"\n', '"localhost",\n            "r:5000"\n'));
    expect(
      json(grown, (document) => document.removeItems(["containers", "insecure_registries"], "r:5000")),
    ).toBe(JSON_TEXT);
    expect(json('{"l":["a","b","a"]}', (document) => document.removeItems(["l"], "a"))).toBe('{"l":["b"]}');
    expect(json('{"l":[]}', (document) => document.append(["l"], "a"))).toBe('{"l":["a"]}');
    expect(json('{"l":["a"]}', (document) => document.removeItems(["l"], "a"))).toBe('{"l":[]}');
    expect(json('{"l":{}}', (document) => document.removeItems(["m"], "a"))).toBe('{"l":{}}');
  });

  test("a removed key takes its comma with it, the first as the last and the only one", () => {
    const text = '{ "a": 1, "b": [2], "c": {} }';
    expect(json(text, (document) => document.remove(["a"]))).toBe('{ "b": [2], "c": {} }');
    expect(json(text, (document) => document.remove(["b"]))).toBe('{ "a": 1, "c": {} }');
    expect(json(text, (document) => document.remove(["c"]))).toBe('{ "a": 1, "b": [2] }');
    expect(json('{"a":{"b":1}}', (document) => document.remove(["a", "b"]))).toBe('{"a":{}}');
    expect(json('{"a":1,"a":2}', (document) => document.remove(["a"]))).toBe("{}");
  });

  test("a value where a section is meant, and a list that is none, are refused", () => {
    expect(() => json('{"a":"x"}', (document) => document.set(["a", "b"], 1))).toThrow("a is no section");
    expect(() => json('{"a":"x"}', (document) => document.append(["a"], "b"))).toThrow("a is no list");
    expect(() => json('{"a":', (document) => document.set(["a"], 1))).toThrow("c.json:1:6: ");
    expect(() => json("[1]", (document) => document.set(["a"], 1))).toThrow("c.json:1");
  });

  test("a byte order mark stays", () => {
    expect(json("\ufeff{}", (document) => document.set(["a"], 1))).toBe('\ufeff{\n  "a": 1\n}');
  });
});

const TOML_TEXT = `# what this device is
title = 'x' # stays

[containers] # registries
insecure_registries = [
  "localhost", # this one
  # and more
]

  [things]
  enabled = true   # twin
features = ["Metrics"]

[connection.transport]
root_ca = "/ca"
`;

describe("TOML", () => {
  test("a value is replaced in its place and its comment stays", () => {
    const after = toml(TOML_TEXT, (document) => document.set(["things", "enabled"], false));
    expect(after).toBe(TOML_TEXT.replace("enabled = true ", "enabled = false "));
  });

  test("a new key comes into its table, a new table at the end", () => {
    const after = toml(TOML_TEXT, (document) => {
      document.set(["connection", "broker_url"], "tcp://b:1883");
      document.set(["things", "home_dir"], "/h");
      document.set(["containers", "registry_configurations", "ghcr.io", "credentials", "user_id"], "u");
      document.set(
        ["containers", "registry_configurations", "ghcr.io", "credentials", "password"],
        'p"\u007f',
      );
      document.set(["top"], 1);
    });
    expect(after).toBe(
      `top = 1\n${TOML_TEXT.replace('features = ["Metrics"]\n', 'features = ["Metrics"]\nhome_dir = "/h"\n')}
[connection]
broker_url = "tcp://b:1883"

[containers.registry_configurations."ghcr.io".credentials]
user_id = "u"
password = "p\\"\\u007F"
`,
    );
  });

  test("keys with dots and tables in one line are added to where they are", () => {
    const text = 'a.b = 1\n[x]\ny = { z = 1, "q.r" = { s = "t" } } # c\n';
    expect(toml(text, (document) => document.set(["a", "c"], 2))).toBe(
      text.replace("a.b = 1\n", "a.b = 1\na.c = 2\n"),
    );
    expect(toml(text, (document) => document.set(["x", "y", "q.r", "s"], "u"))).toBe(
      text.replace('"t"', '"u"'),
    );
    expect(toml(text, (document) => document.remove(["x", "y", "q.r"]))).toBe(
      "a.b = 1\n[x]\ny = { z = 1 } # c\n",
    );
  });

  test("lists grow and shrink with their comments", () => {
    const path = ["containers", "insecure_registries"];
    const grown = toml(TOML_TEXT, (document) => document.append(path, "r:5000"));
    expect(grown).toBe(TOML_TEXT.replace('"localhost",', '"localhost",\n  "r:5000",'));
    expect(toml(grown, (document) => document.removeItems(path, "r:5000"))).toContain("# and more");
    expect(toml('l = [ "a", "b" ]', (document) => document.removeItems(["l"], "a"))).toBe('l = [ "b" ]');
    expect(toml('t = { l = ["a"] }', (document) => document.append(["t", "l"], "b"))).toBe(
      't = { l = ["a", "b"] }',
    );
  });

  test("a removed table goes with its tables, and nothing beside it", () => {
    const text = '[r."a.b"]\nx = 1\n[r."a.b".c]\ny = """\n[no]\n"""\n[r.d]\nz = 3\n';
    expect(toml(text, (document) => document.remove(["r", "a.b"]))).toBe("[r.d]\nz = 3\n");
  });

  test("lists of tables are left alone, and what cannot be added is refused", () => {
    const text = "[[a]]\nb = 1\n[a.c]\nd = 2\n";
    expect(toml(text, (document) => document.set(["e"], 3))).toBe(`e = 3\n${text}`);
    expect(() => toml(text, (document) => document.set(["a", "b"], 2))).toThrow("a is no section");
    expect(() => toml("a = ", (document) => document.set(["a"], 1))).toThrow("c.toml:1");
  });

  test("content decides: JSON in a file called config.toml stays JSON", () => {
    expect(toml('{"a": 1}', (document) => document.set(["a"], 2))).toBe('{"a": 2}');
  });
});

describe("any edits", () => {
  const key = fc.constantFrom("a", "b", "c.d", 'ä "', "e");
  const path = fc.array(key, { minLength: 1, maxLength: 3 });
  const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.array(fc.string(), { maxLength: 3 }));
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("set" as const), path, value }),
      fc.record({ kind: fc.constant("remove" as const), path }),
      fc.record({ kind: fc.constant("append" as const), path, item: fc.string() }),
    ),
    { maxLength: 12 },
  );

  test.each([
    ["c.json", "{}"],
    ["c.toml", ""],
    ["c.toml", '# first\n[a] # table\nb = { e = "x" }\n[a."c.d"]\ne.b = 1\n# last\n'],
    ["c.json", '{"a":{"b":{"e":"x"},"c.d":{"e":{"b":1}}}}'],
  ])("leave in %s what they were to leave: %j", (name, text) => {
    fc.assert(
      fc.property(steps, (all) => {
        const document = new ConfigDocument(name, Buffer.from(text));
        for (const step of all) {
          const before = document.plain();
          const content = document.content;
          try {
            if (step.kind === "set") document.set(step.path, step.value);
            else if (step.kind === "remove") document.remove(step.path);
            else document.append(step.path, step.item);
          } catch (thrown) {
            expect(String(thrown)).toMatch(/is no section|is no list|c\.toml:\d+/);
            expect(document.content).toBe(content);
            continue;
          }
          expect(pruned(document.plain())).toEqual(pruned(expected(before, step.path, step)));
          // A lone TOML header with a quoted name is a JSON list as well.
          if (/^\s*\["[^\n]*\s*$/.test(document.content)) continue;
          expect(new ConfigDocument(name, Buffer.from(document.content)).plain()).toEqual(document.plain());
          if (name.endsWith(".toml") && text !== "") expect(document.content).toContain("# first");
        }
      }),
      { numRuns: 150 },
    );
  });
});

type Step =
  | { readonly kind: "set"; readonly value: unknown }
  | { readonly kind: "remove" }
  | { readonly kind: "append"; readonly item: string };

/** Without empty sections: in TOML a section ends with its last key. */
function pruned(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).flatMap(([key, entry]) => {
    const inner = pruned(entry);
    return inner === undefined ? [] : [[key, inner] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

/** The same edit on plain values. */
function expected(before: unknown, [key = "", ...rest]: readonly string[], step: Step): unknown {
  const isSection = typeof before === "object" && before !== null && !Array.isArray(before);
  if (step.kind === "remove" && !isSection) return before;
  const members = isSection ? Object.entries(before) : [];
  const old = members.find(([own]) => own === key)?.[1];
  const others = members.filter(([own]) => own !== key);
  if (rest.length > 0) return Object.fromEntries([...others, [key, expected(old, rest, step)]]);
  if (step.kind === "remove") return Object.fromEntries(others);
  const put = step.kind === "set" ? step.value : [...(Array.isArray(old) ? old : []), step.item];
  return Object.fromEntries([...others, [key, put]]);
}
