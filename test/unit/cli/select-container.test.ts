/** Which container a word means: a whole id before a name, a name before the beginning of an id; what fits several is refused. */

import { expect, test } from "bun:test";
import { CommandError } from "../../../src/cli/command-error.ts";
import { containerOf } from "../../../src/cli/select-container.ts";
import { plainContainer } from "../engine/support/spec-input.ts";
import { withKantoDaemon } from "./support/kanto-daemon.ts";

const ALL = [
  plainContainer({ id: "abc1", name: "web" }),
  plainContainer({ id: "abd2", name: "abc1" }),
  plainContainer({ id: "xyz3", name: "ab" }),
  plainContainer({ id: "twin4", name: "twin" }),
  plainContainer({ id: "twin5", name: "twin" }),
];

test("id, name, beginning, in this order", () => {
  const found = (word: string) => containerOf(word, ALL)?.id;
  expect(found("abc1")).toBe("abc1");
  expect(found("ab")).toBe("xyz3");
  expect(found("abd")).toBe("abd2");
  expect(found("web")).toBe("abc1");
  expect(found("we")).toBeUndefined();
  expect(found("")).toBeUndefined();
});

test("what fits several is refused, with those that it fits", () => {
  expect(() => containerOf("a", ALL)).toThrow(
    new CommandError("The IDs of several containers begin with a: abc1 (web), abd2 (abc1)."),
  );
  expect(() => containerOf("twin", ALL)).toThrow(
    new CommandError("There are more than one containers with name = twin. Try using an ID instead."),
  );
});

const PLACES: readonly (readonly string[])[] = [
  ["get"],
  ["logs"],
  ["explain"],
  ["start"],
  ["stop"],
  ["restart"],
  ["pause"],
  ["unpause"],
  ["remove"],
  ["update", "--rp", "no"],
];

test("every command that takes an id takes a name and the beginning of an id, and refuses what fits several", async () => {
  await withKantoDaemon(ALL, async ({ run }) => {
    for (const words of PLACES) {
      for (const word of ["abd", "web"]) {
        const { code, err } = await run(...words, word);
        expect({ words, word, code, err }).toEqual({ words, word, code: 0, err: "" });
      }
      const { code, err } = await run(...words, "a");
      expect({ words, code }).toEqual({ words, code: 1 });
      expect(err).toStartWith("Error: The IDs of several containers begin with a: ");
    }
    expect(await run("rename", "abd", "other")).toMatchObject({ code: 0 });
    expect(await run("logs", "abd", "web")).toMatchObject({ code: 0 });
    expect(await run("remove", "abd", "a")).toMatchObject({ code: 1 });
  });
});
