import { beforeAll, expect, test } from "bun:test";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import { limit, machineNetwork, openPrivateNetwork, PrivateNetwork, tcp } from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

const REFUSED = "no network [bridge] found while connecting container web ";

test("with the bridge disabled the machine is not touched, host mode works and bridge mode is refused in the peer's words", async () => {
  const before = await machineNetwork();
  await using device = new PrivateNetwork({ disabled: true });
  await device.network.open(new Set(), limit());
  const plain = await device.attach("plain", { mode: "host" });
  expect(plain.namespacePath).toBeUndefined();
  expect(device.network.attached("plain")).toEqual(plain);
  for (const refused of [
    () => device.attach("web"),
    () => device.network.check(device.request("web"), undefined, limit()),
  ]) {
    const error = await refused().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      message: REFUSED,
      hint: expect.stringContaining("default_bridge.disable"),
    });
  }
  await device.network.close(false);
  device.network = device.make();
  await device.network.open(new Set(["plain"]), limit());
  expect(device.network.attached("plain")).toEqual(plain);
  await device.network.release("plain");
  expect(device.network.attached("plain")).toBeUndefined();
  expect(await machineNetwork()).toBe(before);
});

test("a bridge that is disabled later waits for the containers on it, which keep their ports, and then goes", async () => {
  const before = await machineNetwork();
  await using device = await openPrivateNetwork();
  const web = await device.attach("web", { portMappings: [tcp(28400, 80)] });
  await device.attach("plain", { mode: "host" });
  await device.serve(web, "tcp", 80, "hello");
  await device.network.close(false);

  device.network = device.make({ disabled: true });
  await device.network.open(new Set(["web", "plain"]), limit());
  expect(device.logged.some(({ message }) => message.includes("takes effect"))).toBe(true);
  expect(await ask("tcp", "127.0.0.1", 28400)).toStartWith("hello ");
  await expect(device.attach("other")).rejects.toThrow("no network [bridge] found");
  await device.stopServers();
  await expect(device.attach("web")).rejects.toThrow(REFUSED);
  await device.network.close(false);

  device.network = device.make({ disabled: true });
  await device.network.open(new Set(["plain"]), limit());
  expect(await machineNetwork()).toBe(before);
  expect(device.network.attached("plain")?.settings.networks).toHaveProperty("host");
});
