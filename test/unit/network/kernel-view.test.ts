import { expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { addressOn, lookAtKernel, readAddress, readLink } from "../../../src/network/kernel-view.ts";

test("the kernel's interfaces and addresses are those that the runtime knows", () => {
  const view = lookAtKernel();
  expect(view.links.get("lo")?.name).toBe("lo");
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const theirs = (addresses ?? []).filter(({ family }) => family === "IPv4").map(({ address }) => address);
    const link = view.links.get(name);
    if (theirs.length > 0) expect(link?.isUp).toBe(true);
    const ours = view.addresses.filter((seen) => seen.link === link?.index).map(({ address }) => address);
    expect(ours).toEqual(expect.arrayContaining(theirs));
    expect(addressOn(view, name)).toBe(theirs.find((address) => !address.startsWith("127.")));
  }
  expect(addressOn(view, "no-such-interface")).toBeUndefined();
});

test("no bytes whatsoever in a message make reading fail", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(16, 20, 3), (payload, type) => {
      readLink({ type, payload });
      readAddress({ type, payload });
    }),
  );
});
