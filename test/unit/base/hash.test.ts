import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { Sha256, sha256Hex } from "../../../src/base/hash.ts";

test("whole or in pieces, the digest is that of SHA-256", () => {
  const text = "cargo ".repeat(1000);
  const expected = createHash("sha256").update(text).digest("hex");
  const pieces = new Sha256();
  pieces.update(text.slice(0, 17));
  pieces.update(Buffer.from(text.slice(17)));
  expect([sha256Hex(text), pieces.hex()]).toEqual([expected, expected]);
});
