/**
 * What containers can do, with the daemon started by a real systemd under exactly the directives of the shipped unit: a
 * part of the suite; every file that starts a daemon is run so by npm run soak -- unit.
 */

import { beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/project/setup.mjs";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { filesWithDaemons, runUnderUnit } from "./support/under-unit.ts";

/** Capabilities, devices, mounts, hooks and limits; terminals and input; bridge, ports, hosts and host mode. */
const SHORT = ["extras", "attach", "network-device"].map((name) => `./test/integration/${name}.test.ts`);
const LIMIT_MS = 170_000;

beforeAll(refuseInitialNamespace);

test(
  "containers, their terminals and their networks work with the daemon under the shipped unit",
  async () => {
    const { tests, failures, output } = await runUnderUnit(SHORT, "daemons", LIMIT_MS);
    console.log(`under the unit: ${tests - failures} passed, ${failures} failed`);
    expect(failures === 0 ? "none failed" : output).toBe("none failed");
    expect(tests).toBeGreaterThan(30);
  },
  LIMIT_MS,
);

test("the long form finds the files that start a daemon, and no others", () => {
  const files = filesWithDaemons();
  for (const name of [
    "lifecycle",
    "exec-health",
    "restart-policies",
    "logs-follow",
    "update-agent",
    "take-over",
  ])
    expect(files).toContain(`./test/integration/${name}.test.ts`);
  for (const file of SHORT) expect(files).toContain(file);
  expect(files).not.toContain("./test/integration/units.test.ts");
  expect(files).not.toContain("./test/integration/under-unit.test.ts");
  for (const file of files) expect(existsSync(join(ROOT, file))).toBe(true);
});
