/** Byte connections over real sockets. */

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import type { ByteConnection, SocketAddress } from "../../../src/base/byte-connection.ts";
import { groupId, type Listener, listenSocket } from "../../../src/base/listen-socket.ts";
import { connectSocket } from "../../../src/base/socket.ts";
import { SupercargoError } from "../../../src/errors/error.ts";

const folder = mkdtempSync(join(tmpdir(), "supercargo-socket-"));
afterAll(() => rmSync(folder, { recursive: true }));
let serial = 0;

function newPath(): string {
  return join(folder, `${serial++}.sock`);
}

interface End {
  readonly connection: ByteConnection;
  readonly chunks: Buffer[];
  drains: number;
  /** Undefined until it is closed. */
  ending: { readonly error: Error | undefined } | undefined;
  closings: number;
}

function observe(connection: ByteConnection): End {
  const end: End = { connection, chunks: [], drains: 0, ending: undefined, closings: 0 };
  connection.open({
    data: (chunk) => end.chunks.push(Buffer.from(chunk)),
    drained: () => end.drains++,
    closed: (error) => {
      end.ending = { error };
      end.closings++;
    },
  });
  return end;
}

async function connected(
  wanted: SocketAddress,
): Promise<{ listener: Listener; near: ByteConnection; far: ByteConnection }> {
  const accepted: ByteConnection[] = [];
  const listener = listenSocket(wanted, { onConnection: (connection) => accepted.push(connection) });
  const near = await connectSocket(listener.address);
  await until(() => accepted.length === 1, "the connection is accepted");
  const far = accepted[0];
  if (far === undefined) throw new Error("nothing accepted");
  return { listener, near, far };
}

const KINDS: readonly (readonly [string, () => SocketAddress])[] = [
  ["unix", () => ({ unix: newPath() })],
  ["tcp", () => ({ host: "127.0.0.1", port: 0 })],
];

for (const [kind, address] of KINDS) {
  describe(kind, () => {
    test("many more bytes than the system holds arrive whole and in order, though the writer reuses its buffer", async () => {
      const { listener, near, far } = await connected(address());
      const reader = observe(far);
      const writer = observe(near);
      const buffer = Buffer.alloc(100_000);
      for (let at = 0; at < 80; at++) {
        buffer.fill(at);
        near.write(buffer);
        buffer.fill(255);
      }
      expect(near.queuedBytes).toBeGreaterThan(1_000_000);
      await until(() => near.queuedBytes === 0 && writer.drains === 1, "all is taken");
      near.end();
      await until(() => reader.ending !== undefined, "the end arrives");
      const all = Buffer.concat(reader.chunks);
      expect(all.length).toBe(8_000_000);
      for (let at = 0; at < 80; at++)
        expect(all.subarray(at * 100_000, (at + 1) * 100_000).every((byte) => byte === at)).toBe(true);
      expect(reader.ending?.error).toBeUndefined();
      listener.close();
    });

    test("a paused reader makes the writer wait", async () => {
      const { listener, near, far } = await connected(address());
      const reader = observe(far);
      observe(near);
      far.pause();
      for (let at = 0; at < 200; at++) near.write(Buffer.alloc(100_000));
      let last = -1;
      // Until the system's own buffers are full and nothing moves any more.
      await until(() => {
        const same = last === near.queuedBytes;
        last = near.queuedBytes;
        return same;
      }, "nothing moves");
      expect(near.queuedBytes).toBeGreaterThan(8_000_000);
      expect(reader.chunks).toEqual([]);
      far.resume();
      await until(() => near.queuedBytes === 0, "it goes on");
      await until(
        () => reader.chunks.reduce((sum, chunk) => sum + chunk.length, 0) === 20_000_000,
        "all arrives",
      );
      near.destroy();
      listener.close();
    });

    test("bytes that arrive before open are kept, and so is the end", async () => {
      const { listener, near, far } = await connected(address());
      observe(near);
      near.write(Buffer.from("early"));
      near.end();
      // What was sent before a later connection has been seen when that one is.
      const later = await connectSocket(listener.address);
      later.destroy();
      const reader = observe(far);
      await until(() => reader.ending !== undefined, "it is closed");
      expect(Buffer.concat(reader.chunks).toString()).toBe("early");
      expect(reader.closings).toBe(1);
      listener.close();
    });

    test("end sends what is queued, and the other direction still works until the peer ends too", async () => {
      const { listener, near, far } = await connected(address());
      const client = observe(near);
      let received = 0;
      far.open({
        data: (chunk) => {
          received += chunk.length;
        },
        drained: () => undefined,
        closed: () => undefined,
      });
      near.write(Buffer.alloc(3_000_000));
      near.end();
      far.write(Buffer.from("answer"));
      await until(() => received === 3_000_000, "everything arrives");
      await until(() => client.ending !== undefined, "the peer ends too");
      expect(Buffer.concat(client.chunks).toString()).toBe("answer");
      listener.close();
    });

    test("destroy tells both sides once, its own side with the error", async () => {
      const { listener, near, far } = await connected(address());
      const client = observe(near);
      const server = observe(far);
      const error = new Error("mine");
      near.destroy(error);
      near.destroy(new Error("again"));
      near.write(Buffer.from("dropped"));
      await until(() => client.ending !== undefined && server.ending !== undefined, "both are told");
      expect(client.ending?.error).toBe(error);
      expect([client.closings, server.closings]).toEqual([1, 1]);
      expect(server.chunks).toEqual([]);
      listener.close();
    });
  });
}

describe("listening", () => {
  test("the socket file is 0660 unless said otherwise, whatever the umask, and gets its group", () => {
    const before = process.umask(0o077);
    try {
      const paths = [newPath(), newPath()];
      const [first = "", second = ""] = paths;
      const listeners = [
        listenSocket({ unix: first }, { onConnection: () => undefined }),
        listenSocket({ unix: second }, { onConnection: () => undefined, mode: 0o606, group: "daemon" }),
      ];
      expect(statSync(first).mode & 0o777).toBe(0o660);
      expect(statSync(second).mode & 0o777).toBe(0o606);
      expect(statSync(second).gid).toBe(groupId("daemon") ?? -1);
      expect(process.umask()).toBe(0o077);
      for (const listener of listeners) listener.close();
      for (const path of paths) expect(existsSync(path)).toBe(false);
    } finally {
      process.umask(before);
    }
  });

  test("a group that the system does not know is passed over", () => {
    expect(groupId("no-such-group-here")).toBeUndefined();
    const path = newPath();
    const listener = listenSocket(
      { unix: path },
      { onConnection: () => undefined, group: "no-such-group-here" },
    );
    expect(statSync(path).gid).toBe(process.getegid?.() ?? -1);
    listener.close();
  });

  test("a file that is already there, and a folder that is not, are SC_LISTEN_FAILED with the path", () => {
    const path = newPath();
    writeFileSync(path, "");
    for (const unix of [path, join(folder, "none", "x.sock")]) {
      const listen = () => listenSocket({ unix }, { onConnection: () => undefined });
      expect(listen).toThrow(SupercargoError);
      expect(listen).toThrow(unix);
    }
  });
});

describe("connecting", () => {
  test("no socket, nobody listening: SC_CONNECT_FAILED with the system's name for it", async () => {
    const failed = async (address: SocketAddress) => {
      const thrown = await connectSocket(address).catch((reason) => reason);
      return thrown instanceof SupercargoError ? [thrown.code, thrown.fields["errnoName"]] : thrown;
    };
    expect(await failed({ unix: newPath() })).toEqual(["SC_CONNECT_FAILED", "ENOENT"]);
    const listener = listenSocket({ host: "127.0.0.1", port: 0 }, { onConnection: () => undefined });
    const { address } = listener;
    listener.close();
    expect(await failed(address)).toEqual(["SC_CONNECT_FAILED", "ECONNREFUSED"]);
  });

  test("a plain file in the socket's place is an error, not a hang", async () => {
    const path = newPath();
    writeFileSync(path, "");
    await expect(connectSocket({ unix: path })).rejects.toThrow("cannot connect");
  });

  test("a signal that is aborted, before or meanwhile, rejects with its reason", async () => {
    const address = { unix: newPath() };
    const signal = AbortSignal.abort(new Error("before"));
    await expect(connectSocket(address, { signal })).rejects.toThrow("before");
    const listener = listenSocket(address, { onConnection: (connection) => connection.destroy() });
    const controller = new AbortController();
    const connecting = connectSocket(address, { signal: controller.signal });
    controller.abort(new Error("meanwhile"));
    await expect(connecting).rejects.toThrow("meanwhile");
    listener.close();
  });
});

test("a path that is too long for a socket is refused by both ends, with its length", async () => {
  const unix = join(folder, "x".repeat(107 - folder.length));
  const reason = `the path has ${unix.length} bytes, that of a socket at most 107`;
  expect(() => listenSocket({ unix }, { onConnection: () => {} })).toThrow(
    `cannot listen on ${unix}: ${reason}`,
  );
  await expect(connectSocket({ unix })).rejects.toThrow(`cannot connect to ${unix}: ${reason}`);
  const longest = join(folder, "x".repeat(106 - folder.length));
  listenSocket({ unix: longest }, { onConnection: () => {} }).close();
});
