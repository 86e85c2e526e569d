import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoName } from "../../../src/base/libc.ts";
import { notifySupervisor, type SupervisorNews, watchdogIntervalMs } from "../../../src/base/sd-notify.ts";
import { peerCredentials, unixListener } from "../../../src/base/unix-datagram.ts";

/** A supervisor's socket, by a program that has unix datagrams; prints what arrives, in JSON, then ends. */
const RECEIVER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
s.bind("\\0" + name[1:] if name.startswith("@") else name)
s.settimeout(20)
print("bound", flush=True)
print(json.dumps(s.recv(4096).decode()), flush=True)
`;

async function received(name: string, news: SupervisorNews): Promise<unknown> {
  const child = Bun.spawn(["python3", "-c", RECEIVER, name], { stdout: "pipe" });
  let text = "";
  let isSent = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (isSent || !text.includes("bound\n")) continue;
    isSent = true;
    expect(notifySupervisor(news, { NOTIFY_SOCKET: name })).toBe(true);
  }
  await child.exited;
  return JSON.parse(text.replace("bound\n", ""));
}

describe("word to the supervisor", () => {
  test("arrives at a socket with a path and at one with an abstract name", async () => {
    const folder = mkdtempSync(join(tmpdir(), "supercargo-notify-"));
    try {
      const news: SupervisorNews = { ready: true, status: "20 containers\nrun" };
      expect(await received(join(folder, "notify"), news)).toBe("READY=1\nSTATUS=20 containers run");
      const abstract = `@supercargo-${process.pid}-${performance.now()}`;
      expect(await received(abstract, { stopping: true })).toBe("STOPPING=1");
      expect(await received(abstract, { alive: true })).toBe("WATCHDOG=1");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("is nothing without a supervisor, and an error with one that is gone", () => {
    expect(notifySupervisor({ ready: true }, {})).toBe(false);
    expect(notifySupervisor({ ready: true }, { NOTIFY_SOCKET: "" })).toBe(false);
    let thrown: unknown;
    try {
      notifySupervisor({ ready: true }, { NOTIFY_SOCKET: "/nowhere/notify" });
    } catch (error) {
      thrown = error;
    }
    expect(errnoName(thrown)).toBe("ENOENT");
    expect(String(thrown)).toContain("/nowhere/notify");
  });

  test("the watchdog is answered at half of its limit, when it means us", () => {
    expect(watchdogIntervalMs({ WATCHDOG_USEC: "30000000" }, 7)).toBe(15_000);
    expect(watchdogIntervalMs({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 7)).toBe(15_000);
    expect(watchdogIntervalMs({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, 7)).toBeUndefined();
    expect(watchdogIntervalMs({ WATCHDOG_USEC: "soon" }, 7)).toBeUndefined();
    expect(watchdogIntervalMs({}, 7)).toBeUndefined();
  });
});

describe("who connected", () => {
  test("is told by the kernel for a unix socket, and nothing else is asked", async () => {
    const folder = mkdtempSync(join(tmpdir(), "supercargo-peer-"));
    const path = join(folder, "socket");
    const seen = Promise.withResolvers<unknown>();
    const server = Bun.listen({
      unix: path,
      socket: {
        data: () => {},
        open: (socket) => {
          const descriptor: unknown = Reflect.get(socket, "fd");
          seen.resolve(typeof descriptor === "number" ? peerCredentials(descriptor) : descriptor);
        },
      },
    });
    try {
      const client = await Bun.connect({ unix: path, socket: { data: () => {} } });
      expect(await seen.promise).toEqual({
        pid: process.pid,
        uid: process.getuid?.() ?? -1,
        gid: process.getgid?.() ?? -1,
      });
      client.end();
      // And the other way round.
      expect(unixListener(path)).toMatchObject({ pid: process.pid });
      expect(() => unixListener(join(folder, "nobody"))).toThrow(`connect ${join(folder, "nobody")}: ENOENT`);
      expect(() => peerCredentials(99_999)).toThrow("getsockopt descriptor 99999");
    } finally {
      server.stop(true);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
