/** Running containers that the record does not know: taken over with what they have; one that cannot be keeps nobody else from it. */

import { beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { limit, openPrivateNetwork } from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

const PORT = 20881;
const NO_PROCESS = 2 ** 22 + 1;

test("a lost record costs a running container nothing; one that has ended meanwhile is told and passed over", async () => {
  await using device = await openPrivateNetwork();
  const mapping = { protocol: "tcp", hostIp: "", hostPort: PORT, hostPortEnd: PORT, containerPort: 80 };
  const before = await device.attach("web", { portMappings: [mapping] });
  const pid = await device.live(before);
  await device.network.close(false);
  rmSync(join(device.folder, "state", "record.json"));
  device.network = device.make();
  const running = [
    { request: device.request("gone"), pid: NO_PROCESS, settings: undefined },
    { request: device.request("web", { portMappings: [mapping] }), pid, settings: before.settings },
  ];
  await device.network.open(new Set(["web", "gone"]), limit(), running);
  const after = device.network.attached("web");
  // Only the network's own id is a new one: it stood in the record.
  expect(after?.settings.networks["bridge"]).toMatchObject({
    ...before.settings.networks["bridge"],
    networkId: expect.any(String),
  });
  expect(after?.namespacePath).toBe(before.namespacePath ?? "");
  expect(after?.published).toEqual(before.published);
  expect(device.network.attached("gone")).toBeUndefined();
  const told = device.logged.map(({ message }) => message);
  expect(told.filter((text) => text.includes("container gone cannot be taken over"))).toHaveLength(1);
});
