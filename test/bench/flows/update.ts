/** The update agent led by commands: ten containers installed, found unchanged, upgraded and removed, from desired state to COMPLETED. */

import { PrivateBroker } from "../../integration/support/broker.ts";
import { component, UpdateClient } from "../../integration/support/update-client.ts";
import { type Bench, IMAGE, UNTIL_ASKED } from "../bench-device.ts";
import { atMost, type Line } from "../line.ts";
import { timed } from "../pace.ts";

const COUNT = 10;
/** Half of the peer's, ms; for the removal half of its slower figure (DESIGN §7). */
const BUDGETS = { install: 1_250, nothing: 155, upgrade: 1_700, remove: 700 } as const;

export async function update(bench: Bench): Promise<readonly Line[]> {
  // Else the broker itself holds each second short message back for 40 ms, which is all that would be measured.
  const broker = await PrivateBroker.start({ lines: ["set_tcp_nodelay true"] });
  const client = await UpdateClient.connect(broker.port);
  try {
    await bench.configure({
      update_agent: { enable: true },
      connection: { broker_url: `tcp://127.0.0.1:${broker.port}` },
    });
    await client.until("the first current state", () =>
      client.heard.some(({ topic }) => topic.endsWith("/currentstate")),
    );
    return await measure(bench, client);
  } finally {
    await bench.configure({ update_agent: { enable: false } });
    await client.end();
    await broker.end();
  }
}

async function measure(bench: Bench, client: UpdateClient): Promise<readonly Line[]> {
  const names = Array.from({ length: COUNT }, () => bench.newName());
  const cmd = UNTIL_ASKED.map((word) => ["cmd", word] as const);
  const version = (env: string) => names.map((name) => component(name, IMAGE, ...cmd, ["env", `V=${env}`]));
  const flows = [
    ["install", version("1")],
    ["nothing", version("1")],
    ["upgrade", version("2")],
    ["remove", []],
  ] as const;
  const taken: Record<keyof typeof BUDGETS, number[]> = { install: [], nothing: [], upgrade: [], remove: [] };
  await bench.pace.rounds(5, 2, async () => {
    for (const [flow, components] of flows) {
      const id = crypto.randomUUID();
      taken[flow].push(
        await timed(async () => {
          await client.desire(id, components);
          const { payload } = await client.leadThrough(id);
          if (payload.status !== "COMPLETED") throw new Error(`${flow}: ${JSON.stringify(payload)}`);
        }),
      );
    }
  });
  return flows.map(([flow]) => ({
    flow: `update agent, led by commands: ${flow} ${COUNT}`,
    unit: "ms",
    ours: taken[flow],
    budget: atMost(BUDGETS[flow]),
  }));
}
