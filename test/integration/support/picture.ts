/** Whether what the cloud was told is what the device has. */

import { until } from "../../../scripts/demo/until.ts";
import { containerValue } from "../../../src/twin/container-feature.ts";
import { installedDependencies } from "../../../src/twin/dependencies.ts";
import { type Cloud, EVENTS, pictureOf } from "./cloud.ts";
import { stepSignal, type TestDevice } from "./device.ts";

const LIMIT_MS = 20_000;

/** Waits until the picture that all messages together give equals the containers, their list as software included. */
export async function untilTrue(device: TestDevice, cloud: Cloud): Promise<void> {
  let known: unknown;
  let real: unknown;
  await until(
    async () => {
      const list = await device.device.client.list(stepSignal());
      const containers = list.map((each) => [`Container:${each.id}`, containerValue(each)] as const);
      const picture = pictureOf(cloud.heard, EVENTS);
      const software = picture["SoftwareUpdatable"] as
        | { readonly properties: { readonly status: { readonly installedDependencies?: unknown } } }
        | undefined;
      known = {
        ...Object.fromEntries(Object.entries(picture).filter(([id]) => id.startsWith("Container:"))),
        software: software?.properties.status.installedDependencies ?? null,
      };
      real = { ...Object.fromEntries(containers), software: installedDependencies(list) ?? null };
      return Bun.deepEquals(known, real);
    },
    () => `the cloud's picture is true: ${JSON.stringify(known)} is not ${JSON.stringify(real)}`,
    LIMIT_MS,
  );
}
