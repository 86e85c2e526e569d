/** Another computer on a network of the machine: a namespace joined by a cable, for tests of what comes from outside. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unmount } from "../../../src/base/libc.ts";
import { run } from "./private-network.ts";

export interface Outside {
  /** The machine's address on that network and the other computer's. */
  readonly machineAddress: string;
  readonly address: string;
  readonly namespacePath: string;
  readonly interfaceName: string;
}

/** @param route networks that the other computer sends to the machine, as somebody with bad intent would set up */
export async function withOutside(
  use: (outside: Outside) => Promise<void>,
  ...routes: string[]
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-outside-"));
  const outside: Outside = {
    machineAddress: "198.51.100.7",
    address: "198.51.100.9",
    namespacePath: join(folder, "netns"),
    interfaceName: "sct-out",
  };
  const enter = ["nsenter", `--net=${outside.namespacePath}`];
  writeFileSync(outside.namespacePath, "");
  await run(["unshare", `--net=${outside.namespacePath}`, "ip", "link", "set", "lo", "up"]);
  try {
    const pair = ["type", "veth", "peer", "name", outside.interfaceName, "netns", String(process.pid)];
    await run([...enter, "ip", "link", "add", "name", "eth0", ...pair]);
    const here = `address add ${outside.machineAddress}/24 dev sct-out\nlink set dev sct-out up\n`;
    await run(["ip", "-batch", "-"], here);
    const there = [
      `address add ${outside.address}/24 dev eth0`,
      "link set dev eth0 up",
      ...routes.map((route) => `route add ${route} via ${outside.machineAddress}`),
    ];
    await run([...enter, "ip", "-batch", "-"], `${there.join("\n")}\n`);
    await use(outside);
  } finally {
    await run(["ip", "-force", "-batch", "-"], "link delete dev sct-out\n");
    unmount(outside.namespacePath, true);
    rmSync(folder, { recursive: true });
  }
}
