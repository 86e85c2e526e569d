import { describe, expect, test } from "bun:test";
import { settle } from "../../../../src/base/virtual-clock.ts";
import type { View } from "../../../../src/update-agent/orchestrate/lead.ts";
import { handOver, watch } from "../../../../src/update-agent/orchestrate/watch.ts";
import { ACTIVITY, action, MemoryAgents } from "./memory-agents.ts";

function start(domains: readonly string[], activityId?: string) {
  const agents = new MemoryAgents({});
  const views: View[] = [];
  const stop = new AbortController();
  const options = {
    domains,
    show: (view: View) => void views.push(view),
    ...(activityId === undefined ? {} : { activityId }),
  };
  return { agents, views, stop, ended: watch(agents, options, stop.signal) };
}

describe("watching", () => {
  test("takes the first activity that is heard of, and shows every word of it", async () => {
    const { agents, views, ended } = start(["containers"]);
    agents.say("containers", "DOWNLOADING");
    agents.say("containers", "UPDATING", "another");
    agents.say("containers", "COMPLETED");
    expect(await ended).toEqual({ status: "COMPLETED", reason: "" });
    expect(views.map(({ parts }) => parts[0]?.status)).toEqual(["DOWNLOADING", "COMPLETED"]);
    expect(views[0]?.activityId).toBe(ACTIVITY);
  });

  test("of a named activity hears no other", async () => {
    const { agents, views, ended } = start(["containers"], "mine");
    agents.say("containers", "COMPLETED");
    agents.say("containers", "SUPERSEDED", "mine");
    expect((await ended).status).toBe("SUPERSEDED");
    expect(views).toHaveLength(1);
  });

  test("ends when all domains have ended, with the worst of their ends and its reasons", async () => {
    const { agents, ended } = start(["containers", "safety"]);
    agents.say("containers", "COMPLETED");
    expect(await Promise.race([ended, settle().then(() => "goes on")])).toBe("goes on");
    agents.say("safety", { status: "INCOMPLETE", actions: [action("safety:x", "ACTIVATION_FAILURE", "no")] });
    expect(await ended).toEqual({ status: "INCOMPLETE", reason: "safety:x: no" });
  });

  test("ends when it is interrupted", async () => {
    const { agents, stop, ended } = start(["containers"]);
    stop.abort(new Error("interrupted"));
    expect(await ended.catch(String)).toBe("Error: interrupted");
    expect(agents.isHeard).toBe(false);
  });
});

test("what is handed to a manager is sent as a whole, once somebody listens, and followed by its id", async () => {
  const agents = new MemoryAgents({ vehicle: { IDENTIFY: ["RUNNING", "COMPLETED"] } });
  const wish = { baselines: [], domains: [{ id: "containers", config: [], components: [] }] };
  const ended = handOver(wish, "vehicle", ACTIVITY, agents, () => {}, new AbortController().signal);
  expect((await ended).status).toBe("COMPLETED");
  expect(agents.sent).toEqual(["vehicle IDENTIFY"]);
  expect(agents.texts[0]).toContain('"domains":[{"id":"containers"}]');
});
