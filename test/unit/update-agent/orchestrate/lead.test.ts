import { describe, expect, test } from "bun:test";
import { settle, VirtualClock } from "../../../../src/base/virtual-clock.ts";
import type { DesiredState } from "../../../../src/update-agent/messages/payloads.ts";
import { readDesiredState } from "../../../../src/update-agent/messages/read.ts";
import type { Command } from "../../../../src/update-agent/messages/words.ts";
import { type LeadOptions, lead, type View } from "../../../../src/update-agent/orchestrate/lead.ts";
import { ACTIVITY, action, BAD_ENDS, GOOD, MemoryAgents, type Script } from "./memory-agents.ts";

function state(...domains: readonly string[]): DesiredState {
  return {
    baselines: [],
    domains: domains.map((id) => ({ id, config: [], components: [{ id: "web", version: "1", config: [] }] })),
  };
}

interface Scene {
  readonly agents: MemoryAgents;
  readonly clock: VirtualClock;
  readonly views: View[];
  readonly stop: AbortController;
  readonly ended: ReturnType<typeof lead>;
}

function start(scripts: Readonly<Record<string, Script>>, changes: Partial<LeadOptions> = {}): Scene {
  const agents = new MemoryAgents(scripts);
  const clock = new VirtualClock();
  const views: View[] = [];
  const stop = new AbortController();
  const options: LeadOptions = {
    activityId: ACTIVITY,
    answerTimeoutMs: 30_000,
    phaseTimeoutMs: 600_000,
    consents: [],
    ask: async () => true,
    show: (view) => views.push(view),
    ...changes,
  };
  const ended = lead(state(...Object.keys(scripts)), agents, options, clock, stop.signal);
  return { agents, clock, views, stop, ended };
}

const FORWARD = ["IDENTIFY", "DOWNLOAD", "UPDATE", "ACTIVATE", "CLEANUP"];

describe("an activity that goes well", () => {
  test("is led through all phases, one command after the other", async () => {
    const { agents, ended } = start({ containers: GOOD });
    expect(await ended).toEqual({ status: "COMPLETED", reason: "" });
    expect(agents.sent).toEqual(FORWARD.map((word) => `containers ${word}`));
    expect(agents.isHeard).toBe(false);
  });

  test("of several agents goes on in lock-step: the faster waits for the slower", async () => {
    const slow = { ...GOOD, DOWNLOAD: ["DOWNLOADING"] } as const;
    const { agents, ended } = start({ containers: GOOD, "self-update": slow });
    await settle();
    expect(agents.sent.slice(2)).toEqual(["containers DOWNLOAD", "self-update DOWNLOAD"]);
    agents.say("self-update", "DOWNLOAD_SUCCESS");
    expect((await ended).status).toBe("COMPLETED");
    expect(agents.sent.slice(4, 6)).toEqual(["containers UPDATE", "self-update UPDATE"]);
  });

  test("commands nothing to an agent that has nothing to do", async () => {
    const idle: Script = {
      IDENTIFY: [
        { status: "IDENTIFIED", actions: [] },
        { status: "COMPLETED", actions: [] },
      ],
    };
    const { agents, ended } = start({ containers: GOOD, "self-update": idle });
    expect((await ended).status).toBe("COMPLETED");
    expect(agents.sent.filter((word) => word.startsWith("self-update"))).toEqual(["self-update IDENTIFY"]);
  });

  test("each agent gets its own domain only, and of the baselines its own members", async () => {
    const agents = new MemoryAgents({ containers: GOOD, safety: GOOD });
    const wish: DesiredState = {
      ...state("containers", "safety"),
      baselines: [
        { title: "both", description: "", preconditions: "", components: ["containers:web", "safety:web"] },
        { title: "other", description: "", preconditions: "", components: ["safety:web"] },
      ],
    };
    const options: LeadOptions = {
      activityId: ACTIVITY,
      answerTimeoutMs: 1,
      phaseTimeoutMs: 1,
      consents: [],
      ask: async () => true,
      show: () => {},
    };
    await lead(wish, agents, options, new VirtualClock(), new AbortController().signal);
    const read = readDesiredState(agents.texts[0] ?? "");
    if (!read.ok) throw new Error(read.reason);
    expect(read.envelope.activityId).toBe(ACTIVITY);
    expect(read.envelope.payload.domains.map(({ id }) => id)).toEqual(["containers"]);
    expect(read.envelope.payload.baselines.map(({ title, components }) => [title, components])).toEqual([
      ["both", ["containers:web"]],
    ]);
  });

  test("feedback of other activities, of strangers and to commands with a baseline changes nothing", async () => {
    const { agents, ended } = start({ containers: { ...GOOD, DOWNLOAD: [] } });
    await settle();
    agents.say("containers", "DOWNLOAD_SUCCESS", "another");
    agents.say("stranger", "DOWNLOAD_SUCCESS");
    agents.say("containers", { baseline: "web", status: "DOWNLOAD_SUCCESS", actions: [] });
    await settle();
    expect(agents.sent.at(-1)).toBe("containers DOWNLOAD");
    agents.say("containers", "DOWNLOAD_SUCCESS");
    expect((await ended).status).toBe("COMPLETED");
  });
});

describe("an activity that fails", () => {
  const failing = (
    command: Command,
    status: "DOWNLOAD_FAILURE" | "UPDATE_FAILURE" | "ACTIVATION_FAILURE",
  ) => ({
    ...BAD_ENDS,
    [command]: [{ status, actions: [action("containers:web", status, "no such image")] }],
  });

  for (const [command, status] of [
    ["DOWNLOAD", "DOWNLOAD_FAILURE"],
    ["UPDATE", "UPDATE_FAILURE"],
    ["ACTIVATE", "ACTIVATION_FAILURE"],
  ] as const) {
    test(`in ${command} goes back, cleans up and names component and reason`, async () => {
      const { agents, ended } = start({ containers: failing(command, status) });
      expect(await ended).toEqual({ status: "INCOMPLETE", reason: "containers:web: no such image" });
      expect(agents.sent.map((word) => word.split(" ")[1])).toEqual([
        ...FORWARD.slice(0, FORWARD.indexOf(command) + 1),
        "ROLLBACK",
        "CLEANUP",
      ]);
    });
  }

  test("takes the other agents back with it", async () => {
    const { agents, ended } = start({
      containers: failing("ACTIVATE", "ACTIVATION_FAILURE"),
      safety: BAD_ENDS,
    });
    expect((await ended).status).toBe("INCOMPLETE");
    expect(agents.sent.slice(-4)).toEqual([
      "containers ROLLBACK",
      "safety ROLLBACK",
      "containers CLEANUP",
      "safety CLEANUP",
    ]);
  });

  test("an agent that refuses to go back, as Kanto's does after a failed download, is cleaned up all the same", async () => {
    const refusing: Script = {
      ...failing("DOWNLOAD", "DOWNLOAD_FAILURE"),
      ROLLBACK: [{ status: "ROLLBACK_FAILURE", message: "ROLLBACK is possible only after …", actions: [] }],
    };
    const { agents, ended } = start({ containers: refusing });
    expect((await ended).reason).toBe("containers:web: no such image");
    expect(agents.sent.at(-1)).toBe("containers CLEANUP");
  });

  test("in identification is refused with the agent's words; the others are told to forget it", async () => {
    const refused: Script = {
      IDENTIFY: [{ status: "IDENTIFICATION_FAILED", message: "domain id mismatch", actions: [] }],
    };
    const { agents, ended } = start({ containers: refused, safety: BAD_ENDS });
    expect(await ended).toEqual({
      status: "IDENTIFICATION_FAILED",
      reason: "containers: domain id mismatch",
    });
    expect(agents.sent).toEqual(["containers IDENTIFY", "safety IDENTIFY", "safety CLEANUP"]);
  });

  test("superseded by another desired state it is over at once", async () => {
    const { agents, ended } = start({ containers: { ...GOOD, DOWNLOAD: ["SUPERSEDED"] } });
    expect((await ended).status).toBe("SUPERSEDED");
    expect(agents.sent.at(-1)).toBe("containers DOWNLOAD");
  });
});

describe("waiting", () => {
  test("an agent that never says a word is named after the answer's limit", async () => {
    const { clock, ended } = start({ containers: {} });
    await settle();
    await clock.advance(29_999);
    expect(await Promise.race([ended, settle().then(() => "waits")])).toBe("waits");
    await clock.advance(1);
    expect(await ended).toEqual({
      status: "IDENTIFICATION_FAILED",
      reason: "containers: no update agent answered within 30 s",
    });
    expect(clock.waiting).toBe(0);
  });

  test("one that answers has the phase's limit; when that passes it is told to go back", async () => {
    const { agents, clock, ended } = start({ containers: { ...BAD_ENDS, UPDATE: ["UPDATING"] } });
    await settle();
    await clock.advance(599_999);
    expect(agents.sent.at(-1)).toBe("containers UPDATE");
    await clock.advance(1);
    expect(await ended).toEqual({
      status: "INCOMPLETE",
      reason: "containers: no answer to UPDATE within 600 s",
    });
    expect(agents.sent.slice(-2)).toEqual(["containers ROLLBACK", "containers CLEANUP"]);
  });

  test("one that says nothing any more is given up on in every phase", async () => {
    const { clock, ended } = start({ containers: { IDENTIFY: GOOD["IDENTIFY"] ?? [] } });
    await settle();
    for (let phase = 0; phase < 3; phase++) await clock.advance(600_000);
    expect((await ended).status).toBe("INCOMPLETE");
  });
});

describe("consent", () => {
  test("is asked for before the commands that want it, once each, and never counts as waiting", async () => {
    const asked: Command[] = [];
    const answers = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    const { agents, clock, ended } = start(
      { containers: GOOD },
      {
        consents: ["UPDATE", "ACTIVATE"],
        ask: (command) => {
          asked.push(command);
          return answers[asked.length - 1]?.promise ?? Promise.resolve(false);
        },
      },
    );
    await settle();
    await clock.advance(3_600_000);
    // Chatter of the agent while somebody thinks does not ask again.
    agents.say("containers", "DOWNLOAD_SUCCESS");
    await settle();
    expect(agents.sent.at(-1)).toBe("containers DOWNLOAD");
    answers[0]?.resolve(true);
    await settle();
    expect(agents.sent.at(-1)).toBe("containers UPDATE");
    answers[1]?.resolve(true);
    expect((await ended).status).toBe("COMPLETED");
    expect(asked).toEqual(["UPDATE", "ACTIVATE"]);
  });

  test("is claimed before the desired state is sent, so that no agent goes on by itself while somebody thinks", async () => {
    const { agents, ended } = start({ containers: GOOD }, { consents: ["DOWNLOAD"] });
    await ended;
    expect(agents.sent.slice(0, 3)).toEqual([
      "containers CLEANUP",
      "containers IDENTIFY",
      "containers DOWNLOAD",
    ]);
    const [claim, wish] = agents.texts.map((text) => JSON.parse(text).activityId);
    expect([claim, wish]).toEqual([`${ACTIVITY}-led`, ACTIVITY]);
  });

  test("denied before anything was fetched only forgets it; denied later goes back", async () => {
    for (const [command, last] of [
      // The first of all commands only claims the lead.
      ["DOWNLOAD", ["containers IDENTIFY", "containers CLEANUP"]],
      ["ACTIVATE", ["containers ROLLBACK", "containers CLEANUP"]],
    ] as const) {
      const { agents, ended } = start(
        { containers: BAD_ENDS },
        { consents: [command], ask: async () => false },
      );
      const { status, reason } = await ended;
      expect([status, reason.split(";")[0]]).toEqual(["INCOMPLETE", `consent to ${command} was denied`]);
      expect(agents.sent.slice(-2)).toEqual([...last]);
    }
  });

  test("a question is void when the agent ends the activity meanwhile", async () => {
    let isVoid = false;
    const { agents, ended } = start(
      { containers: GOOD },
      {
        consents: ["UPDATE"],
        ask: (_command, signal) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => {
              isVoid = true;
              resolve(false);
            });
          }),
      },
    );
    await settle();
    agents.say("containers", "SUPERSEDED");
    expect((await ended).status).toBe("SUPERSEDED");
    expect(isVoid).toBe(true);
  });
});

test("interrupted in the middle the agents go back before it ends", async () => {
  const { agents, stop, ended } = start({ containers: { ...BAD_ENDS, UPDATE: ["UPDATING"] } });
  await settle();
  stop.abort(new Error("interrupted"));
  expect(await ended.catch(String)).toBe("Error: interrupted");
  expect(agents.sent.slice(-2)).toEqual(["containers ROLLBACK", "containers CLEANUP"]);
});

test("a desired state without a domain, or with two of one agent, is refused before anything is sent", async () => {
  const agents = new MemoryAgents({});
  const options = { activityId: ACTIVITY, answerTimeoutMs: 1, phaseTimeoutMs: 1, consents: [] };
  const run = (wish: DesiredState) =>
    lead(
      wish,
      agents,
      { ...options, ask: async () => true, show: () => {} },
      new VirtualClock(),
      new AbortController().signal,
    );
  await expect(run(state())).rejects.toThrow("has no domain");
  await expect(run(state("self-update", "selfupdate"))).rejects.toThrow("one and the same agent");
  await expect(run(state("a/b"))).rejects.toThrow('"a/b" is no domain');
  expect(agents.sent).toEqual([]);
});
