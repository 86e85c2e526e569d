/** Flags as pflag reads them, with its texts (spec/cli.md §1), and what the commands say of arguments. */

import { expect, test } from "bun:test";
import { type Flag, FlagError, parseFlags } from "../../../src/cli/flags.ts";
import { withKantoDaemon } from "./support/kanto-daemon.ts";

const FLAGS: readonly Flag[] = [
  { name: "name", shorthand: "n", kind: "string", fallback: "usual", usage: "" },
  { name: "tail", shorthand: "t", kind: "int32", fallback: "100", usage: "" },
  { name: "quiet", shorthand: "q", kind: "bool", fallback: "false", usage: "" },
  { name: "wide", shorthand: "w", kind: "bool", fallback: "false", usage: "" },
  { name: "ports", kind: "strings", fallback: "[]", usage: "" },
  { name: "e", kind: "stringArray", fallback: "[]", usage: "" },
];

function read(...words: string[]) {
  return parseFlags(FLAGS, words, true);
}

test("values behind a blank, an equals sign or the letter itself; switches in one word; `--` ends flags", () => {
  for (const words of [["--name", "x"], ["--name=x"], ["-n", "x"], ["-nx"], ["-n=x"], ["-qwn", "x"]])
    expect(read(...words).values.text("name")).toBe("x");
  expect(read().values.text("name")).toBe("usual");
  const { values, rest } = read("a", "-qw", "b", "--", "--name", "-x");
  expect([values.bool("quiet"), values.bool("wide"), values.has("name")]).toEqual([true, true, false]);
  expect(rest).toEqual(["a", "b", "--name", "-x"]);
  expect(read("--quiet=false").values.bool("quiet")).toBe(false);
  expect(read("-").rest).toEqual(["-"]);
  expect(parseFlags(FLAGS, ["-q", "image", "-n", "x"], false).rest).toEqual(["image", "-n", "x"]);
});

test("lists are split at commas and repeated, but for values that may hold commas", () => {
  expect(read("--ports=1,2", "--ports", '"3,4",5').values.list("ports")).toEqual(["1", "2", "3,4", "5"]);
  expect(read("--e=A=1,2", "--e", "B").values.list("e")).toEqual(["A=1,2", "B"]);
});

const REFUSED: readonly (readonly [text: string, ...words: string[]])[] = [
  ["unknown flag: --x", "--x"],
  ["unknown shorthand flag: 'x' in -x", "-x"],
  ["unknown shorthand flag: 'x' in -qx", "-qx"],
  ["flag needs an argument: --name", "--name"],
  ["flag needs an argument: 'n' in -n", "-n"],
  [
    'invalid argument "abc" for "-t, --tail" flag: strconv.ParseInt: parsing "abc": invalid syntax',
    "-t",
    "abc",
  ],
  [
    'invalid argument "2147483648" for "-t, --tail" flag: strconv.ParseInt: parsing "2147483648": value out of range',
    "--tail=2147483648",
  ],
  [
    'invalid argument "maybe" for "-q, --quiet" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    "--quiet=maybe",
  ],
  ["bad flag syntax: --=x", "--=x"],
  ["bad flag syntax: ---x", "---x"],
];

for (const [text, ...words] of REFUSED) {
  test(`${words.join(" ")}: ${text}`, () => {
    expect(() => read(...words)).toThrow(new FlagError(text));
  });
}

const MISTAKES: readonly (readonly [text: string, ...words: string[]])[] = [
  ["accepts at most 1 arg(s), received 2", "get", "a", "b"],
  ["accepts at most 1 arg(s), received 3", "update", "a", "b", "c"],
  ["accepts at most 2 arg(s), received 3", "rename", "a", "b", "c"],
  ['unknown command "x" for "kanto-cm list"', "list", "x"],
  ['unknown command "x" for "kanto-cm sysinfo"', "sysinfo", "x"],
  ["unknown flag: --x", "get", "--x"],
  ["unknown shorthand flag: 't' in -t", "create", "-t", "image"],
];

test("mistakes on the line are told before the daemon is looked for", async () => {
  await withKantoDaemon([], async ({ run }) => {
    for (const [text, ...words] of MISTAKES) {
      const told = await run(...words, "--timeout", "3600", "--host", "/nowhere");
      expect({ words, ...told }).toEqual({ words, code: 1, out: "", err: `Error: ${text}\n` });
    }
  });
});
