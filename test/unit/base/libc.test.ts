import { describe, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  errnoName,
  exchangeNetlink,
  holdPort,
  makeFifo,
  setPipeSize,
  tryLock,
  unmount,
} from "../../../src/base/libc.ts";

function scratch(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-libc-"));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe("calls of the C library", () => {
  test("a FIFO is made, its pipe enlarged, and bytes pass", () => {
    scratch((folder) => {
      const path = join(folder, "fifo");
      makeFifo(path, 0o600);
      expect(statSync(path).isFIFO()).toBe(true);
      const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      expect(setPipeSize(descriptor, 1 << 20)).toBe(1 << 20);
      writeSync(descriptor, "cargo");
      const buffer = Buffer.alloc(16);
      expect(readSync(descriptor, buffer)).toBe(5);
      closeSync(descriptor);
    });
  });

  test("an error carries the name of errno and the path", () => {
    scratch((folder) => {
      const path = join(folder, "fifo");
      makeFifo(path, 0o600);
      const thrown = thrownBy(() => makeFifo(path, 0o600));
      expect(errnoName(thrown)).toBe("EEXIST");
      expect(String(thrown)).toContain(path);
      expect(errnoName(thrownBy(() => unmount(join(folder, "missing"), false)))).toBe("ENOENT");
    });
  });

  test("a lock is given once", () => {
    scratch((folder) => {
      const path = join(folder, "lock");
      const first = openSync(path, "w");
      const second = openSync(path, "w");
      expect(tryLock(first)).toBe(true);
      expect(tryLock(second)).toBe(false);
      closeSync(first);
      expect(tryLock(second)).toBe(true);
      closeSync(second);
    });
  });
});

describe("a held port", () => {
  const loopback = new Uint8Array([127, 0, 0, 1]);

  test("is in use for everybody else until it is closed", () => {
    const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const port = probe.port;
    expect(errnoName(thrownBy(() => holdPort("tcp", loopback, port)))).toBe("EADDRINUSE");
    probe.stop(true);
    const held = holdPort("tcp", loopback, port);
    expect(errnoName(thrownBy(() => holdPort("tcp", new Uint8Array(4), port)))).toBe("EADDRINUSE");
    const udp = holdPort("udp", loopback, port);
    expect(errnoName(thrownBy(() => holdPort("udp", new Uint8Array(4), port)))).toBe("EADDRINUSE");
    closeSync(held);
    closeSync(udp);
    closeSync(holdPort("tcp", new Uint8Array(4), port));
  });

  test("refuses who connects, and stays taken for servers of every kind", async () => {
    const socket = { data() {} };
    const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
    const { port } = probe;
    probe.stop(true);
    const held = holdPort("tcp", loopback, port);
    const connecting = Bun.connect({ hostname: "127.0.0.1", port, socket });
    await expect(connecting).rejects.toThrow(expect.objectContaining({ code: "ECONNREFUSED" }));
    expect(() => Bun.listen({ hostname: "127.0.0.1", port, socket })).toThrow();
    expect(() => Bun.listen({ hostname: "0.0.0.0", port, socket })).toThrow();
    expect(errnoName(thrownBy(() => holdPort("tcp", loopback, port)))).toBe("EADDRINUSE");
    closeSync(held);
    Bun.listen({ hostname: "127.0.0.1", port, socket }).stop(true);
  });

  test("needs an address of this machine", () => {
    const foreign = new Uint8Array([203, 0, 113, 77]);
    expect(errnoName(thrownBy(() => holdPort("tcp", foreign, 20000)))).toBe("EADDRNOTAVAIL");
  });
});

describe("netlink", () => {
  /** RTM_GETLINK (18) as a dump: header of 16 bytes and an empty ifinfomsg. */
  const request = new Uint8Array(32);
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, 18, true);
  view.setUint16(6, 0x301, true);
  const typeOf = (datagram: Uint8Array) => new DataView(datagram.buffer).getUint16(4, true);

  test("a request brings every datagram up to the last", () => {
    const datagrams = exchangeNetlink(0, request, (datagram) => typeOf(datagram) === 3);
    expect(datagrams.map(typeOf)).toContain(16);
    expect(datagrams.map(typeOf).at(-1)).toBe(3);
  });

  test("a family that the kernel does not have is named", () => {
    expect(errnoName(thrownBy(() => exchangeNetlink(31, request, () => true)))).toBe("EPROTONOSUPPORT");
  });
});
