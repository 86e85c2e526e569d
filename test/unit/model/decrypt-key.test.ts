import { expect, test } from "bun:test";
import { containerToWire, desiredToWire } from "../../../src/api/to-wire.ts";
import { outlineOf } from "../../../src/model/compare.ts";
import { withoutPassword } from "../../../src/model/decrypt-key.ts";
import { configurationOf } from "../../../src/twin/configuration.ts";
import { containerOf, wish } from "./builders.ts";

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

const image = {
  name: "r/a:1",
  decryptConfig: { keys: ["/k/a.pem:secret"], recipients: ["pkcs7:/k/a.crt"] },
};

test.each([
  ["the digital twin", () => configurationOf(containerOf({ image }))],
  ["an answer of the daemon", () => containerToWire(containerOf({ image })).image],
])("%s shows no password of a key", (_who, show) => {
  const text = JSON.stringify(show());
  expect(text).toContain("/k/a.pem:***");
  expect(text).not.toContain("secret");
});

test("a request keeps it, and a container as it is told is the one that was asked for", () => {
  const asked = wish({ image });
  expect(desiredToWire(asked).image?.decryptConfig?.keys).toEqual(["/k/a.pem:secret"]);
  const told = {
    ...containerOf({ image }),
    image: { ...image, decryptConfig: { ...image.decryptConfig, keys: ["/k/a.pem:***"] } },
  };
  expect([...outlineOf(asked)].filter(([key]) => key.startsWith("image"))).toEqual(
    [...outlineOf(told)].filter(([key]) => key.startsWith("image")),
  );
});
