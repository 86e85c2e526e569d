/** The end of `npm test` says again what failed and why: that is where people look, and what is kept of a long output. */

import { expect, test } from "bun:test";
import { failuresIn } from "../../../scripts/project/test-runs.mjs";

const OUTPUT = `bun test v1.4.5

test/integration/some.test.ts:
(pass) fine [1.00ms]
21 |   expect(a).toBe(2);
error: expect(received).toBe(expected)
      at <anonymous> (test/integration/some.test.ts:21:13)
(fail) group > not fine [2.00ms]
said by the test
(pass) fine again [1.00ms]
error: another
(fail) the last [3.00ms]

 2 pass
 2 fail
`;

test("of a run's output remain the failed tests, each with its error", () => {
  expect(failuresIn(OUTPUT)).toBe(
    [
      "21 |   expect(a).toBe(2);",
      "error: expect(received).toBe(expected)",
      "      at <anonymous> (test/integration/some.test.ts:21:13)",
      "(fail) group > not fine [2.00ms]",
      "",
      "error: another",
      "(fail) the last [3.00ms]",
    ].join("\n"),
  );
});

test("a long dump before a failure is cut to its last lines", () => {
  const dump = Array.from({ length: 500 }, (_, index) => `line ${index}`).join("\n");
  const kept = failuresIn(`${dump}\n(fail) long [1.00ms]\n`).split("\n");
  expect(kept).toHaveLength(40);
  expect(kept.slice(-2)).toEqual(["line 499", "(fail) long [1.00ms]"]);
});
