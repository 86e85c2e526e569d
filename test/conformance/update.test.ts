/**
 * The captures `update_agent` (led by hand) and `update_manager` (led by the peer's update manager), played against the daemon
 * over mosquitto: the same feedback for the same messages, differences only by allowed.json.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PrivateBroker } from "../integration/support/broker.ts";
import { startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { UpdateClient } from "../integration/support/update-client.ts";
import allowed from "./allowed.json" with { type: "json" };
import { expectSame, loose, Names, type Result, readCapture, runStep } from "./support/capture.ts";
import { namedIn, playTurn, turnsOf, type UpdateAllowance } from "./support/update-player.ts";

/** Ends at SIGTERM as the peer's image did, but for the one that is made to be slow. */
const SERVE = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"];

/** The order of containers in a list is free. */
function unordered({ rc, out, err }: Result): Result {
  return {
    rc,
    out: loose(out)
      .replace(/\bID\d+\b/g, "ID")
      .split("\n")
      .sort()
      .join("\n"),
    err,
  };
}

for (const capture of ["update_agent", "update_manager"] as const) {
  describe(capture, () => {
    const { steps, messages } = readCapture(capture);
    const allowances: Readonly<Record<string, UpdateAllowance>> = allowed[capture];
    const turns = turnsOf(messages);
    let device: TestDevice;
    let registry: MemoryRegistry;
    let broker: PrivateBroker;
    let client: UpdateClient;
    let named: readonly string[] = [];

    beforeAll(async () => {
      refuseInitialNamespace();
      registry = await MemoryRegistry.start();
      for (const tag of ["1.0", "2.0"]) registry.offer("demo/app", tag, buildImage({ cmd: SERVE }));
      broker = await PrivateBroker.start({ lines: ["set_tcp_nodelay true"] });
      client = await UpdateClient.connect(broker.port);
      device = await startTestDevice({
        manager: { default_ctrs_stop_timeout: "1s" },
        containers: { insecure_registries: [`localhost:${registry.port}`] },
        update_agent: { enable: true },
        connection: { broker_url: `tcp://127.0.0.1:${broker.port}` },
      });
    }, 120_000);

    afterAll(async () => {
      await client?.end();
      await device?.end();
      await broker?.end();
      await registry?.stop();
    }, 120_000);

    test("the current state is there with the connection, retained", async () => {
      const state = await client.until("the initial state", () =>
        client.heard.find(
          ({ topic, text }) => topic.endsWith("/currentstate") && text.includes("initial-current-state-"),
        ),
      );
      expect(JSON.parse(state.text).payload.softwareNodes).toHaveLength(1);
    });

    const list = steps.find(({ step }) => step === "list")?.got;
    for (const [index, turn] of turns.entries()) {
      const { topic, activityId } = turn;
      const name = activityId === "" ? "not json" : activityId;
      const command = (turn.body as { payload?: { command?: string } }).payload?.command ?? "";
      if (activityId === "act-2" && topic === "desiredstate") {
        test("what the command line lists after act-1", async () => {
          if (list?.args === undefined) throw new Error("the capture has no list");
          const ours = await runStep(device, new Names(device, registry.port), list.args);
          expectSame(unordered(ours), unordered(list), undefined);
        });
      }
      test(`${index} ${topic} ${name} ${command}`, async () => {
        if (topic === "desiredstate") named = namedIn(turn.body);
        await playTurn(client, turn, named, registry.port, allowances[name]);
      }, 150_000);
    }

    test("every allowed difference has a reason and names the spec", () => {
      for (const [name, { why, spec }] of Object.entries(allowances)) {
        expect([name, why.length > 20, spec.includes("§")]).toEqual([name, true, true]);
        expect(turns.some(({ activityId }) => (activityId === "" ? "not json" : activityId) === name)).toBe(
          true,
        );
      }
    });
  });
}
