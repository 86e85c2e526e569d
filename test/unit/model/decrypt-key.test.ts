import { expect, test } from "bun:test";
import { withoutPassword } from "../../../src/model/decrypt-key.ts";
import { configurationOf } from "../../../src/twin/configuration.ts";
import { containerOf } from "./builders.ts";

test.each([
  ["/k/a.pem", "/k/a.pem"],
  ["/k/a.pem:secret", "/k/a.pem:***"],
  ["/k/a.pem:pass=secret", "/k/a.pem:***"],
  ["/k/a.pem:se:cret", "/k/a.pem:***"],
  ["/k/a.pem:file=/run/pw", "/k/a.pem:file=/run/pw"],
  ["/k/a.pem:fd=3", "/k/a.pem:fd=3"],
])("of the key %s is shown %s", (key, shown) => {
  expect(withoutPassword(key)).toBe(shown);
});

test("the digital twin shows no password of a key", () => {
  const container = containerOf({
    image: { name: "r/a:1", decryptConfig: { keys: ["/k/a.pem:secret"], recipients: ["pkcs7:/k/a.crt"] } },
  });
  const text = JSON.stringify(configurationOf(container));
  expect(text).toContain("/k/a.pem:***");
  expect(text).not.toContain("secret");
});
