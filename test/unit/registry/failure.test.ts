import { describe, expect, test } from "bun:test";
import { HttpFailure } from "../../../src/base/http.ts";
import { isTransient } from "../../../src/errors/edges.ts";
import { requestFailure } from "../../../src/registry/failure.ts";

const ASKED = {
  intent: 'failed to resolve reference "reg:5000/a/b:1"',
  image: "reg:5000/a/b:1",
  registry: "reg:5000",
  object: "manifests 1",
};

function failureOf(code: string) {
  const failure = new HttpFailure("untrusted", "the server's certificate is not good", code);
  return requestFailure(ASKED, "HEAD", "https://reg:5000/v2/a/b/manifests/1?token=secret", failure);
}

describe("a certificate that the device does not take", () => {
  test.each(["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"])(
    "%s: the clock may be wrong, so it is tried again",
    (code) => {
      const error = failureOf(code);
      expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
      expect(isTransient(error.kind)).toBe(true);
      expect(error.hint).toContain("clock");
      expect(error.message).not.toContain("secret");
    },
  );

  test("from an unknown authority: nothing but a setting helps", () => {
    const error = failureOf("SELF_SIGNED_CERT_IN_CHAIN");
    expect(error.code).toBe("SC_REGISTRY_UNTRUSTED");
    expect(isTransient(error.kind)).toBe(false);
    expect(error.hint).toContain("root_ca");
  });
});
