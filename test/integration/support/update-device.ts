/** A device with the update agent on, its broker on the usual port, and a client that hears everything. */

import type { ConfigChanges } from "../../../scripts/demo/private-device.ts";
import type { Container } from "../../../src/model/container.ts";
import { PrivateBroker } from "./broker.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./device.ts";
import { refuseInitialNamespace } from "./namespace.ts";
import { UpdateClient } from "./update-client.ts";

export const BROKER_PORT = 1883;
/** The same content under both tags; no registry is there. */
export const APP = "localhost/test/app";
/** Ends at once when it is asked to. */
export const SERVE = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];

export interface UpdateDevice {
  readonly device: TestDevice;
  readonly broker: PrivateBroker;
  readonly client: UpdateClient;
  list(): Promise<readonly Container[]>;
  /** The only one of a name. */
  named(name: string): Promise<Container>;
  end(): Promise<void>;
}

export async function startUpdateDevice(
  updateAgent: Readonly<Record<string, unknown>> = {},
  changes: ConfigChanges = {},
): Promise<UpdateDevice> {
  refuseInitialNamespace();
  const broker = await PrivateBroker.start({ port: BROKER_PORT, lines: ["set_tcp_nodelay true"] });
  const client = await UpdateClient.connect(BROKER_PORT);
  const device = await startTestDevice({
    manager: { default_ctrs_stop_timeout: "2s" },
    update_agent: { enable: true, probation: "1500ms", current_state_delay: "200ms", ...updateAgent },
    ...changes,
  });
  for (const tag of ["1", "2", "3"])
    await device.importImage({ name: `${APP}:${tag}`, config: { Cmd: SERVE } });
  await client.until("the first current state", () =>
    client.heard.some(({ topic }) => topic === "containersupdate/currentstate"),
  );
  const list = () => device.device.client.list(stepSignal());
  return {
    device,
    broker,
    client,
    list,
    named: async (name) => {
      const found = (await list()).filter((container) => container.name === name);
      const [first] = found;
      if (first === undefined || found.length > 1)
        throw new Error(`${found.length} containers named ${name}`);
      return first;
    },
    end: async () => {
      await client.end();
      await device.end();
      await broker.end();
    },
  };
}
