/** What kanto-cm offers to people, by the real program against a real device. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { runProgram, startTestDevice, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/people:1";
const STAY = ["sh", "-c", "echo begun; trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
let device: TestDevice;
let folder: string;

beforeAll(async () => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "sc-people-"));
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

function cm(...words: string[]) {
  const [command = "", ...rest] = words;
  return runProgram("kanto-cm", [command, "--host", device.device.socket, ...rest]);
}

async function good(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await cm(...words);
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: "" });
  return stdout;
}

async function make(name: string, command: readonly string[], ...flags: string[]): Promise<string> {
  const id = (await good("create", "-n", name, "--rp", "no", ...flags, IMAGE, ...command)).trim();
  await good("start", name);
  return id;
}

/** A program that goes on; what it has said so far grows. */
function follow(...words: string[]) {
  const [command = "", ...rest] = words;
  const child = spawn(join(ROOT, "dist/bin/kanto-cm"), [command, "--host", device.device.socket, ...rest], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  return { child, said, ended };
}

describe("kanto-cm for people", () => {
  test("a container is meant by its id, by its name, or by the beginning of its id", async () => {
    const id = await make("named", STAY);
    for (const word of [id, "named", id.slice(0, 8)]) {
      expect(JSON.parse(await good("get", word)).container_id).toBe(id);
    }
    const stranger = await cm("get", "nam");
    expect(stranger).toMatchObject({
      code: 1,
      stderr: "Error: The requested container with ID = nam was not found.\n",
    });
  }, 60_000);

  test("list: wide, sorted, filtered, and as JSON with what only we know", async () => {
    await make("ported", STAY, "--ports=28088:80");
    const wide = await good("list", "--wide", "--sort", "name", "--filter", "status=running");
    const [head = "", ...rows] = wide.trimEnd().split("\n");
    expect(head.split(/ {2,}/)).toEqual([
      "ID",
      "NAME",
      "IMAGE",
      "STATUS",
      "FOR",
      "HEALTH",
      "RESTARTS",
      "PORTS",
      "ORIGIN",
    ]);
    expect(rows.map((row) => row.split(/ {2,}/)[1])).toEqual(["named", "ported"]);
    expect(rows[1]).toContain("28088->80/tcp");
    const all = JSON.parse(await good("list", "--json", "--filter", "name=port"));
    expect(all).toMatchObject([
      { name: "ported", status: "Running", origin: "cli", ports: [{ host_port: 28088, container_port: 80 }] },
    ]);
    expect(await cm("list", "--sort", "weight")).toMatchObject({ code: 1 });
  }, 60_000);

  test("logs of several containers by time with names in front, as text, since a moment, and followed until Ctrl-C", async () => {
    await make("speaker", ["sh", "-c", "echo one; echo two; while :; do sleep 1; done"]);
    const text = () => good("logs", "--text", "speaker");
    await until(async () => (await text()) === "one\ntwo\n", "both lines are there");
    const both = await good("logs", "named", "speaker");
    expect(both).toBe("named   | begun\nspeaker | one\nspeaker | two\n");
    expect(await good("logs", "--since", "1h", "speaker")).toBe("one\ntwo\n");
    expect(await good("logs", "--since", "2038-01-01T00:00:00Z", "speaker")).toBe("");
    const lines = (await good("logs", "--json", "speaker")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { container: "speaker", stream: "stdout", log: "one" },
      { container: "speaker", stream: "stdout", log: "two" },
    ]);
    const following = follow("logs", "--follow", "--tail", "1", "named", "speaker");
    await until(
      () => following.said.out.includes("two") && following.said.out.includes("begun"),
      "the last lines",
    );
    following.child.kill("SIGINT");
    expect(await following.ended).toBe(130);
    expect(following.said.err).toBe("");
  }, 60_000);

  test("a reader that has gone is no error: the first line of much, and of what never ends", async () => {
    await make("chatty", ["sh", "-c", "seq 1 20000; while :; do sleep 60 & wait $!; done"]);
    const lines = async () => (await good("logs", "--text", "--tail", "1", "chatty")) === "20000\n";
    await until(lines, "all lines are there", 30_000);
    const program = join(ROOT, "dist/bin/kanto-cm");
    for (const words of [
      "list",
      "logs --tail -1 chatty",
      "logs --follow --tail 20000 chatty",
      "events --present",
    ]) {
      const [command = "", ...rest] = words.split(" ");
      const script = `set -o pipefail; "$0" ${command} --host "$1" ${rest.join(" ")} | head -n 1 >/dev/null`;
      const child = spawn("bash", ["-c", script, program, device.device.socket]);
      let err = "";
      child.stderr.on("data", (chunk) => {
        err += chunk;
      });
      // What comes after the first line meets a reader that has gone; only a change is an event.
      let nudges = 0;
      const nudge = until(
        async () => {
          if (command === "events" && child.exitCode === null) {
            await good("update", "chatty", "--rp", nudges++ % 2 === 0 ? "no" : "always");
          }
          return child.exitCode !== null;
        },
        "the program has ended",
        30_000,
      );
      const code = await new Promise((resolve) => child.once("close", resolve));
      await nudge;
      expect({ words, code, err }).toEqual({ words, code: 0, err: "" });
    }
  }, 60_000);

  test("exec: both outputs, environment, user, folder, input, and the exit code of the command", async () => {
    const said = await cm(
      "exec",
      ...["--env", "A=b", "--user", "1000:7", "--workdir", "/tmp", "named"],
      ...["sh", "-c", 'echo "$A $(id -u):$(id -g) $(pwd)"; echo bad >&2; exit 7'],
    );
    expect(said).toEqual({ code: 7, stdout: "b 1000:7 /tmp\n", stderr: "bad\n" });
    const cat = follow("exec", "-i", "named", "cat");
    cat.child.stdin.end("through\n");
    expect(await cat.ended).toBe(0);
    expect(cat.said.out).toBe("through\n");
    expect(await cm("exec", "nobody", "true")).toMatchObject({ code: 1 });
  }, 60_000);

  test("cp: out of a container and into it, files and folders; what is there is not mixed with it", async () => {
    await good(
      "exec",
      "named",
      "sh",
      "-c",
      "mkdir -p /data/in; echo inside >/data/in/file; mkfifo /data/pipe",
    );
    const out = await cm("cp", "named:/data", folder);
    expect(out).toEqual({
      code: 0,
      stdout: "",
      stderr: "left out, neither file nor folder nor link: data/pipe\n",
    });
    expect(readFileSync(join(folder, "data/in/file"), "utf8")).toBe("inside\n");
    expect(await cm("cp", "named:/data", folder)).toMatchObject({ code: 1 });
    expect(readdirSync(folder)).toEqual(["data"]);
    writeFileSync(join(folder, "app.conf"), "new\n");
    await good("cp", join(folder, "app.conf"), "named:/data/in");
    await good("cp", join(folder, "app.conf"), "named:/data/in/file");
    expect(
      await good("exec", "named", "sh", "-c", "cat /data/in/file /data/in/app.conf; ls -A /data/in"),
    ).toBe("new\nnew\napp.conf\nfile\n");
    mkdirSync(join(folder, "tree/deep"), { recursive: true });
    await good("cp", join(folder, "tree"), "named:/data");
    expect(await good("exec", "named", "ls", "/data/tree")).toBe("deep\n");
    const missing = await cm("cp", "named:/none", folder);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("in the container: tar: none");
  }, 60_000);

  test("events, wait and explain of a container that fails", async () => {
    const events = follow("events", "--json", "--present");
    await until(() => events.said.out.includes("named"), "the stream is open");
    await make("failing", ["sh", "-c", "sleep 0.2; exit 3"]);
    expect(await good("wait", "failing")).toBe("3\n");
    const late = await cm("wait", "--for", "running", "--limit", "200ms", "failing");
    expect(late).toMatchObject({ code: 1, stderr: "Error: not running within 200ms\n" });
    await until(() => events.said.out.includes('"exited"'), "the exit is told");
    const told = events.said.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ container }) => container.name === "failing");
    expect(told.map(({ event }) => event)).toEqual(["created", "running", "exited"]);
    events.child.kill("SIGINT");
    expect(await events.ended).toBe(130);
    const words = await good("explain", "failing");
    expect(words).toMatch(/^failing has ended \(\ds ago, /);
    expect(words).toContain("The last run ended with code 3");
    expect(words).toContain("It stays so: its restart policy is no.");
    expect(words).toContain("kanto-cm logs --text failing");
  }, 60_000);

  test("explain tells of the restart that is due, and of a start that failed", async () => {
    await good("create", "-n", "loop", "--rp", "always", IMAGE, "sh", "-c", "exit 1");
    await good("start", "loop");
    const due = async () => (await good("explain", "loop")).includes("It is started again in");
    await until(due, "a restart is due");
    await good("stop", "loop").catch(() => undefined);
    await good("create", "-n", "absent", "--rp", "no", IMAGE, "/no/such");
    expect(await cm("start", "absent")).toMatchObject({ code: 1 });
    expect(await good("explain", "absent")).toContain("/no/such");
    await cm("remove", "-f", "loop", "absent");
  }, 60_000);

  test("stats once, as a table and as JSON", async () => {
    const table = await good("stats", "--once", "named");
    expect(table.split("\n")[0]).toMatch(/^NAME +CPU +MEMORY/);
    expect(table.split("\n")[1]).toMatch(/^named +\d/);
    const [one] = (await good("stats", "--once", "--json", "named")).trimEnd().split("\n");
    expect(JSON.parse(one ?? "")).toMatchObject({ name: "named", pids: expect.any(Number) });
  }, 60_000);

  test("images: list, export, import under another name, remove refused and forced, prune", async () => {
    const archive = join(folder, "image.tar");
    expect(JSON.parse(await good("images", "list", "--json"))).toMatchObject([{ name: IMAGE, usable: true }]);
    expect(await good("images", "export", IMAGE, archive)).toContain(archive);
    expect(await good("images", "import", "--name", "localhost/test/second:1", archive)).toBe(
      "localhost/test/second:1\n",
    );
    expect(await good("images", "list", "--unused", "--quiet")).toBe("localhost/test/second:1\n");
    const refused = await cm("images", "remove", IMAGE);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("is needed by container");
    expect(await good("images", "prune", "--dry-run")).toContain("localhost/test/second:1");
    expect(await good("images", "prune")).toContain("localhost/test/second:1");
    expect(await good("images", "list", "--unused", "--quiet")).toBe("");
  }, 60_000);

  test("pause, unpause, restart and attach", async () => {
    await good("pause", "named");
    expect(await good("explain", "named")).toContain("kanto-cm unpause named");
    await good("unpause", "named");
    const attached = follow("attach", "named");
    await good("restart", "--time", "5s", "named");
    expect(await attached.ended).toBe(0);
    expect(JSON.parse(await good("get", "--json", "named"))).toMatchObject({ status: "Running" });
  }, 60_000);

  test("start --a --i: input reaches the container and its output comes back", async () => {
    await good("create", "-n", "echo", "--i", "--rp", "no", IMAGE, "cat");
    const started = follow("start", "--a", "--i", "echo");
    started.child.stdin.end("hello\n");
    expect(await started.ended).toBe(0);
    expect(started.said).toEqual({ out: "hello\n", err: "" });
    await good("create", "-n", "tty", "--t", "--rp", "no", IMAGE, "true");
    expect(await cm("start", "--a", "tty")).toMatchObject({
      code: 1,
      stderr: "Error: the input device is not a TTY\n",
    });
  }, 60_000);
});
