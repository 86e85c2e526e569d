import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hasCode } from "../../../src/errors/error.ts";
import { parseReference } from "../../../src/registry/reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

function refusal(text: string): string {
  try {
    parseReference(text);
  } catch (thrown) {
    if (hasCode(thrown, "SC_IMAGE_REFERENCE")) return thrown.message;
    throw thrown;
  }
  throw new Error(`${text} was accepted`);
}

describe("image references", () => {
  test("host, port, path, tag and digest are taken apart", () => {
    expect(parseReference("ghcr.io/org/app:1.0")).toMatchObject({
      host: "ghcr.io",
      repository: "org/app",
      tag: "1.0",
      digest: "",
    });
    expect(parseReference(`reg.example.org:8443/a/b/c@${DIGEST}`)).toMatchObject({
      host: "reg.example.org:8443",
      repository: "a/b/c",
      tag: "",
      digest: DIGEST,
    });
    expect(parseReference(`localhost:5000/x:v1@${DIGEST}`)).toMatchObject({ tag: "v1", digest: DIGEST });
    expect(parseReference("[::1]:5000/x:1").host).toBe("[::1]:5000");
    expect(parseReference("docker.io/library/influxdb:1.8.4").repository).toBe("library/influxdb");
  });

  test("a reference without host part is refused with the peer's words", () => {
    expect(refusal("redis:7")).toBe('failed to resolve reference "redis:7": object required');
    expect(refusal("redis")).toBe('failed to resolve reference "redis": object required');
    expect(refusal("")).toBe('failed to resolve reference "": object required');
  });

  test("a tag is never added", () => {
    expect(refusal("docker.io/library/redis")).toBe(
      'failed to resolve reference "docker.io/library/redis": object required',
    );
  });

  test.each([
    "reg/UPPER:1",
    "reg/a..b:1",
    "reg/../etc:1",
    "reg/a/:1",
    "reg//a:1",
    "reg/a:",
    "reg/a:-1",
    "reg/a:1:2",
    "reg/a@sha256:abc",
    `reg/a@sha512:${"a".repeat(128)}`,
    `reg/a@${DIGEST.toUpperCase()}`,
    "reg:0/a:1",
    "reg:99999/a:1",
    "reg:x/a:1",
    "re g/a:1",
    "user@reg/a:1",
    "reg/a b:1",
    "reg/a:1\n",
    "http://reg/a:1",
    "-reg/a:1",
    `reg/${"a".repeat(256)}:1`,
    `reg/a:${"1".repeat(129)}`,
    `reg/a:${"1".repeat(2000)}`,
  ])("%j is refused", (text) => {
    expect(refusal(text)).toStartWith("failed to resolve reference ");
  });

  test("any text is either refused or taken apart so that it can be put together again", () => {
    const part = fc.stringMatching(/^[a-z0-9._:/@-]{0,20}$/);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(part, part).map(([a, b]) => `${a}/${b}`),
        ),
        (text) => {
          let parsed: ReturnType<typeof parseReference>;
          try {
            parsed = parseReference(text);
          } catch (thrown) {
            return hasCode(thrown, "SC_IMAGE_REFERENCE");
          }
          const tag = parsed.tag === "" ? "" : `:${parsed.tag}`;
          const digest = parsed.digest === "" ? "" : `@${parsed.digest}`;
          return `${parsed.host}/${parsed.repository}${tag}${digest}` === text;
        },
      ),
      { numRuns: 2000 },
    );
  });
});
