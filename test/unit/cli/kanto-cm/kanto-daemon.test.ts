/** kanto-cm with Kanto's own daemon: all of the peer's commands work, and what its daemon lacks is said in a sentence. */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSupercargo } from "../../../../src/cli/supercargo.ts";
import type { Container } from "../../../../src/model/container.ts";
import { plainContainer } from "../../engine/support/spec-input.ts";
import { withKantoDaemon } from "../support/kanto-daemon.ts";
import { MemoryTerminal } from "../support/memory-terminal.ts";

const STATE = plainContainer().state;
const CONTAINERS: readonly Container[] = [
  plainContainer({
    id: "aaa1",
    name: "web",
    created: "2026-01-01T00:00:00Z",
    state: { ...STATE, status: "Running", pid: 7, startedAt: "2026-01-01T00:00:01Z" },
  }),
  plainContainer({
    id: "bbb22",
    name: "failed",
    created: "2026-01-01T00:00:02Z",
    state: { ...STATE, status: "Exited", exitCode: 3, finishedAt: "2026-01-01T00:00:03.5Z" },
  }),
];

test("the peer's commands need none of our rpcs", async () => {
  await withKantoDaemon(CONTAINERS, async ({ run, calls }) => {
    const silent = async (...words: string[]) =>
      expect(await run(...words)).toEqual({ code: 0, out: "", err: "" });
    expect(await run("create", "-n", "new", "example.org/new:1")).toEqual({
      code: 0,
      out: "made\n",
      err: "",
    });
    await silent("start", "failed");
    await silent("stop", "web");
    await silent("rename", "web", "other");
    await silent("remove", "bbb");
    await silent("update", "--rp", "no", "web");
    await silent("pause", "web");
    await silent("unpause", "web");
    expect(calls).toEqual([
      "create new",
      "start bbb22",
      "stop aaa1",
      "rename aaa1",
      "remove bbb22",
      "update aaa1",
      "pause aaa1",
      "unpause aaa1",
    ]);
    expect(JSON.parse((await run("get", "web")).out).container_id).toBe("aaa1");
    expect((await run("sysinfo")).out).toStartWith("Engine v9, API v1.0.0, (build abc today) \nCLI v");
    expect((await run("logs", "web")).out).toBe(
      '{"stream":"stdout","log":"of aaa1\\n","time":"2026-01-02T03:04:04Z"}\n\n',
    );
  });
});

test("restart is a stop and a start, because the peer's own does nothing", async () => {
  await withKantoDaemon(CONTAINERS, async ({ run, calls }) => {
    expect(await run("restart", "web")).toEqual({ code: 0, out: "", err: "" });
    expect(await run("restart", "failed")).toEqual({ code: 0, out: "", err: "" });
    expect(calls).toEqual(["stop aaa1", "start aaa1", "start bbb22"]);
  });
});

test("what can be told without our daemon is told, and what is not known is marked", async () => {
  await withKantoDaemon(CONTAINERS, async ({ run, calls }) => {
    const [web] = JSON.parse((await run("list", "--json", "--filter", "status=running")).out);
    expect(web).toMatchObject({
      id: "aaa1",
      status: "Running",
      health: null,
      origin: null,
      next_start: null,
    });
    const wide = await run("list", "--wide", "--sort", "name");
    expect(wide).toMatchObject({ code: 0, err: "" });
    expect(wide.out.split("\n").map((line) => line.split(/ {2,}/)[1])).toEqual([
      "NAME",
      "failed",
      "web",
      undefined,
    ]);
    const explained = (await run("explain", "failed")).out;
    expect(explained).toContain("The last run ended with code 3");
    expect(explained).toContain("The daemon is Kanto's");
    const both = await run("logs", "failed", "web");
    expect(both.out).toBe("web    | of aaa1\nfailed | of bbb22\n");
    expect(await run("attach", "web")).toEqual({ code: 0, out: "output of aaa1\n", err: "" });
    expect(await run("start", "--a", "failed")).toEqual({ code: 0, out: "output of bbb22\n", err: "" });
    expect(calls).toEqual(["attach", "attach", "start bbb22"]);
  });
});

const OURS: readonly (readonly [what: string, ...words: string[]])[] = [
  ["following logs", "logs", "--follow", "web"],
  ["--since", "logs", "--since", "1h", "web"],
  ["showing events", "events"],
  ["waiting", "wait", "web"],
  ["stats", "stats", "--once"],
  ["exec", "exec", "web", "true"],
  ["cp", "cp", "web:/etc/hosts", "/tmp/never"],
  ["cp", "cp", "/etc/hosts", "web:/tmp"],
  ["listing images", "images"],
  ["pulling images", "images", "pull", "x/y:1"],
  ["importing images", "images", "import", "/tmp/x.tar"],
  ["exporting images", "images", "export", "x/y:1", "/tmp/never.tar"],
  ["removing images", "images", "remove", "x/y:1"],
  ["pruning images", "images", "prune"],
];

for (const [what, ...words] of OURS) {
  test(`${words.join(" ")}: one sentence, exit code 1`, async () => {
    await withKantoDaemon(CONTAINERS, async ({ run }) => {
      const { code, out, err } = await run(...words);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(/^Error: [^\n]*\n$/);
      expect(err).toEndWith(
        `${what} needs Supercargo's container-management; the daemon that answers is Kanto's and does not offer it\n`,
      );
    });
  });
}

test("filters by what only our daemon knows are refused, not answered with nothing", async () => {
  await withKantoDaemon(CONTAINERS, async ({ run }) => {
    for (const filter of ["health=healthy", "origin=cli", "label=team"]) {
      const { code, out, err } = await run("list", "--filter", filter);
      expect({ filter, code, out }).toEqual({ filter, code: 1, out: "" });
      expect(err).toContain("needs Supercargo's container-management");
    }
  });
});

test("a file with extras: harmless ones are left out with a word, others are refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sc-extras-"));
  const file = join(folder, "c.json");
  const write = (extras: object) =>
    writeFileSync(file, JSON.stringify({ container_name: "x", image: { name: "a/b:1" }, ...extras }));
  try {
    await withKantoDaemon(CONTAINERS, async ({ run, calls }) => {
      write({ labels: { team: "deck" } });
      const made = await run("create", "--file", file);
      expect(made).toMatchObject({ code: 0, out: "made\n" });
      expect(made.err).toContain("labels");
      write({ host_config: { resources: { pids_limit: 5 } } });
      const refused = await run("create", "--file", file);
      expect(refused).toMatchObject({ code: 1, out: "" });
      expect(refused.err).toContain("host_config.resources.pids_limit");
      expect(calls).toEqual(["create x"]);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("on a terminal create does without bars, because the peer pulls out of sight", async () => {
  await withKantoDaemon(CONTAINERS, async ({ runAt }) => {
    const terminal = new MemoryTerminal();
    terminal.env = { TERM: "xterm" };
    terminal.terminals.add("stdout").add("stderr");
    expect(await runAt(terminal, "create", "example.org/new:1")).toEqual({ code: 0, out: "made\n", err: "" });
  });
});

test("supercargo exports its running containers, too", async () => {
  await withKantoDaemon(CONTAINERS, async ({ socket }) => {
    const terminal = new MemoryTerminal();
    const code = await runSupercargo(["export", "--host", socket], terminal, AbortSignal.timeout(20_000));
    expect({ code, err: terminal.text.err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(terminal.text.out)).toMatchObject({
      ...{ container_id: "aaa1", container_name: "web", image: { name: "example.org/web:1" } },
    });
  });
});
