import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type LogRecord, silentLog } from "../../../src/base/log.ts";
import { Ledger } from "../../../src/network/ledger.ts";
import { newEntry } from "../../../src/network/new-entry.ts";
import { type Entry, formatRecord, type NetworkRecord, parseRecord } from "../../../src/network/record.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-record-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function entry(id: string, address: string, hostPort = 8080): Entry {
  const request = {
    id,
    name: id,
    mode: "bridge",
    hostName: `${id}-host`,
    domainName: "",
    extraHosts: ["db:container_db"],
    portMappings: [],
    filesDir: "/files",
  } as const;
  const port = { protocol: "tcp", hostIp: "localhost", addresses: ["0.0.0.0"], hostPort, containerPort: 80 };
  return {
    ...newEntry(request),
    phase: "attached",
    address,
    ports: [port],
    interfaceAddresses: { eth0: "192.0.2.2" },
  };
}

test("an entry that the disk does not let go is still there for the next try", () => {
  const ledger = Ledger.open(folder, silentLog);
  ledger.put(entry("web", "172.20.0.2"));
  renameSync(folder, `${folder}.away`);
  expect(() => ledger.remove("web")).toThrow(`state cannot be saved in ${folder}: ENOENT`);
  renameSync(`${folder}.away`, folder);
  expect(ledger.get("web")).toMatchObject({ address: "172.20.0.2" });
  ledger.remove("web");
  expect(record().entries).toEqual([]);
});

function record(): NetworkRecord {
  return parseRecord(readFileSync(join(folder, "record.json"), "utf8"));
}

describe("the network record", () => {
  test("is read as it was written", () => {
    const ledger = Ledger.open(folder, silentLog);
    ledger.put(entry("web", "172.17.0.2"));
    ledger.change({ bridgeName: "kanto-cm0", settings: { "/proc/sys/x": { before: "0", set: "1" } } });
    const read = record();
    expect(parseRecord(formatRecord(read))).toEqual(read);
    const again = Ledger.open(folder, silentLog);
    expect(again.entries()).toEqual(ledger.entries());
    expect(again.head).toEqual(ledger.head);
  });

  test("says where it is not what it should be", () => {
    Ledger.open(folder, silentLog).put(entry("web", "172.17.0.2"));
    const good = record();
    const wrong: [unknown, string][] = [
      [{ ...good, version: 2 }, "version should be 1"],
      [{ ...good, entries: {} }, "record.entries should be a list"],
      [
        { ...good, entries: [{ ...good.entries[0], phase: "gone" }] },
        "record.entries[0].phase should be making or attached",
      ],
      [
        { ...good, entries: [{ ...good.entries[0], ports: [{ protocol: 1 }] }] },
        "record.entries[0].ports[0].protocol",
      ],
      [{ ...good, addresses: [["web"]] }, "record.addresses[0].1 should be a text"],
      [{ ...good, settings: [] }, "record.settings should be an object"],
      [null, "record should be an object"],
    ];
    for (const [value, text] of wrong) {
      expect(() => parseRecord(JSON.stringify(value))).toThrow(text);
    }
    expect(() => parseRecord("{")).toThrow("not JSON");
  });

  test("that cannot be read is put aside and reported, and a new one begun", () => {
    writeFileSync(join(folder, "record.json"), "\0\0\0");
    const logged: LogRecord[] = [];
    const log = createLog("test", (line) => {
      logged.push(line);
    });
    expect(Ledger.open(folder, log).entries()).toEqual([]);
    expect(existsSync(join(folder, "record.json.unreadable"))).toBe(true);
    expect(logged.map(({ level }) => level)).toEqual(["ERROR"]);
  });

  test("of an earlier boot keeps names and addresses, but no entry and no setting", () => {
    const ledger = Ledger.open(folder, silentLog);
    ledger.put(entry("web", "172.17.0.2"));
    ledger.change({ settings: { "/proc/sys/x": { before: "0", set: "1" } }, forwardPolicy: "made" });
    writeFileSync(join(folder, "record.json"), formatRecord({ ...record(), bootId: "another" }));
    const next = Ledger.open(folder, silentLog);
    expect(next.entries()).toEqual([]);
    expect(next.head).toMatchObject({
      settings: {},
      forwardPolicy: "untouched",
      networkId: ledger.head.networkId,
    });
    expect([...next.rememberedAddresses().keys()]).toEqual(["web"]);
  });

  test("remembers a bounded number of addresses, the latest and those in use", () => {
    const ledger = Ledger.open(folder, silentLog);
    ledger.put(entry("first", "10.0.0.1"));
    for (let at = 0; at < 300; at++) {
      ledger.put(entry(`c${at}`, `10.1.${at >> 8}.${at & 255}`));
      ledger.remove(`c${at}`);
    }
    const ids = [...ledger.rememberedAddresses().keys()];
    expect(ids.length).toBeLessThanOrEqual(258);
    expect(ids).toContain("first");
    expect(ids).toContain("c299");
    expect(ids).not.toContain("c0");
  });

  test("knows who has a port, except who may be replaced", () => {
    const ledger = Ledger.open(folder, silentLog);
    ledger.put(entry("web", "172.17.0.2"));
    expect(ledger.portOwner("tcp", "127.0.0.1", 8080, new Set())).toBe("web");
    expect(ledger.portOwner("tcp", "127.0.0.1", 8080, new Set(["web"]))).toBeUndefined();
    expect(ledger.portOwner("udp", "127.0.0.1", 8080, new Set())).toBeUndefined();
  });
});
