import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/base/clock.ts";
import { createLog, type LogRecord, silentLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { bridgeNames, linesFor } from "../../../src/network/bridge-names.ts";
import { joinHosts, namesIn, splitHosts } from "../../../src/network/hosts-block.ts";
import { HostsKeeper, type HostsKeeperOptions } from "../../../src/network/hosts-refresh.ts";
import { newEntry } from "../../../src/network/new-entry.ts";
import type { Entry } from "../../../src/network/record.ts";

const OWN = "172.17.0.2\tweb-host.web-domain web-host";

function named(id: string, name: string, hostName = `${name}-host`, domainName = `${name}-domain`) {
  return { id, address: `172.17.0.${id}`, name, hostName, domainName };
}

describe("names on the bridge", () => {
  test("of a container are its host name with and without domain, and its own name; it has no line in its own file", () => {
    const names = bridgeNames([named("2", "web"), named("3", "db")]);
    expect(linesFor("2", names, new Set())).toEqual(["172.17.0.3\tdb-host.db-domain db-host db"]);
    expect(linesFor("3", names, new Set())).toEqual(["172.17.0.2\tweb-host.web-domain web-host web"]);
  });

  test("that several containers bear alike lead to none of them, the others' names still do", () => {
    const names = bridgeNames([named("2", "web"), named("3", "db", "one"), named("4", "DB", "two")]);
    expect(linesFor("2", names, new Set())).toEqual([
      "172.17.0.3\tone.db-domain one",
      "172.17.0.4\ttwo.DB-domain two",
    ]);
    expect([...names.ambiguous]).toEqual([["db", ["3", "4"]]]);
  });

  test("of containers go before host names that others have chosen", () => {
    const names = bridgeNames([named("2", "web"), named("3", "db"), named("4", "thief", "db", "")]);
    expect(linesFor("2", names, new Set())).toEqual([
      "172.17.0.3\tdb-host.db-domain db-host db",
      "172.17.0.4\tthief",
    ]);
    expect(names.ambiguous.size).toBe(0);
  });

  test("that the file says something else about, or that would break a line, are left out", () => {
    const names = bridgeNames([named("2", "web"), named("3", "db", "bad\n1.2.3.4 bank.example", "")]);
    expect(linesFor("2", names, new Set())).toEqual(["172.17.0.3\tdb"]);
    expect(linesFor("2", names, new Set(["db"]))).toEqual([]);
  });
});

describe("the block of a hosts file", () => {
  const text = `127.0.0.1\tlocalhost\n${OWN}\n`;

  test("stands before the container's own line, comes and goes, and leaves all else alone", () => {
    const added = `${joinHosts(splitHosts(text, OWN), ["1.2.3.4\tx"])}5.6.7.8 appended-by-the-container\n`;
    expect(added.indexOf("1.2.3.4\tx\n")).toBeLessThan(added.indexOf(OWN));
    const changed = joinHosts(splitHosts(added, OWN), ["1.2.3.5\ty", "1.2.3.6\tz"]);
    expect(changed).toBe(added.replace("1.2.3.4\tx\n", "1.2.3.5\ty\n1.2.3.6\tz\n"));
    expect(joinHosts(splitHosts(changed, OWN), [])).toBe(`${text}5.6.7.8 appended-by-the-container\n`);
  });

  test("is found again whatever the container did to the file", () => {
    const block = ["1.2.3.4\tx"];
    const whole = joinHosts(splitHosts(text, OWN), block);
    const withoutEnd = whole.replace(/^# End.*\n/m, "");
    for (const damaged of ["", "no line end", "\n\n", whole, withoutEnd, whole.replace(OWN, "")]) {
      const once = joinHosts(splitHosts(damaged, OWN), block);
      expect(once.match(/1\.2\.3\.4/g)?.length).toBe(1);
      expect(joinHosts(splitHosts(once, OWN), block)).toBe(once);
    }
    expect(withoutEnd).not.toBe(whole);
    expect(joinHosts(splitHosts(withoutEnd, OWN), block)).toBe(whole);
  });

  test("names that a file speaks of are read without comments", () => {
    expect([...namesIn("127.0.0.1\tlocalhost Web # db\n# 1.2.3.4 x\n\n")]).toEqual(["localhost", "web"]);
  });
});

describe("hosts files", () => {
  let folder: string;
  let clock: VirtualClock;
  let entries: Entry[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "supercargo-names-"));
    clock = new VirtualClock();
    entries = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function keeper(changes: Partial<HostsKeeperOptions> = {}): HostsKeeper {
    const settings = { clock, log: silentLog, bridgeAddress: "172.17.0.1", icc: true };
    return new HostsKeeper({ ...settings, entries: () => entries, ...changes });
  }

  function add(hosts: HostsKeeper, name: string, extraHosts: readonly string[] = []): string {
    const filesDir = join(folder, name);
    mkdirSync(filesDir);
    const request = { id: name, name, hostName: `${name}-host`, domainName: "", extraHosts, filesDir };
    const made = newEntry({ ...request, mode: "bridge", portMappings: [] });
    const address = `172.17.0.${entries.length + 2}`;
    const entry: Entry = { ...made, phase: "attached", address };
    const { text } = hosts.contentFor(entry);
    writeFileSync(join(filesDir, "hosts"), text);
    entries.push(entry);
    return text;
  }

  const read = (name: string) => readFileSync(join(folder, name, "hosts"), "utf8");

  test("of a new container name the others at once, and those of the others name it", () => {
    const hosts = keeper();
    expect(add(hosts, "web")).not.toContain("#");
    expect(add(hosts, "db")).toContain("172.17.0.2\tweb-host web\n");
    hosts.changed();
    expect(read("web")).toContain("172.17.0.3\tdb-host db\n");
    entries.pop();
    hosts.changed();
    expect(read("web")).not.toContain("db");
  });

  test("keep the user's extra hosts for themselves, also one that leads nowhere now", () => {
    const hosts = keeper();
    add(hosts, "db");
    const text = add(hosts, "web", ["DB:203.0.113.5", "db-host:container_gone"]);
    expect(text).toContain("203.0.113.5\tDB\n");
    expect(text).not.toContain("172.17.0.2");
  });

  test("of containers that may not talk to each other name nobody but whom they ask for", () => {
    const hosts = keeper({ icc: false });
    add(hosts, "db");
    expect(add(hosts, "other")).not.toContain("db");
    expect(add(hosts, "web", ["store:container_db-host"])).toContain("172.17.0.2\tstore\n");
  });

  /** On which every refresh takes its time. */
  function slowClock(): Clock {
    let looks = 0;
    return {
      nowMs: () => clock.nowMs() + looks++ * 10,
      stamp: () => "",
      after: (delayMs, callback) => clock.after(delayMs, callback),
    };
  }

  test("are refreshed together when changes come faster than a twentieth of the time allows", async () => {
    const hosts = keeper({ clock: slowClock() });
    const web = add(hosts, "web");
    for (const name of ["a", "b"]) {
      hosts.changed();
      add(hosts, name);
    }
    hosts.changed();
    expect(read("web")).toBe(web);
    await clock.advance(1000);
    expect(read("web")).toContain("\ta-host a\n");
    expect(read("web")).toContain("\tb-host b\n");
    expect(clock.waiting).toBe(0);
  });

  test("that wait for their turn are written when the daemon ends", () => {
    const hosts = keeper({ clock: slowClock() });
    add(hosts, "web");
    hosts.changed();
    add(hosts, "db");
    hosts.changed();
    expect(read("web")).not.toContain("db");
    hosts.end();
    expect(read("web")).toContain("db-host db");
    expect(clock.waiting).toBe(0);
  });

  test("that a container has made huge are reported and left alone, the others go on", () => {
    const logged: LogRecord[] = [];
    const hosts = keeper({ log: createLog("test", (record) => logged.push(record)) });
    for (const name of ["greedy", "web"]) add(hosts, name);
    writeFileSync(join(folder, "greedy", "hosts"), Buffer.alloc(2_000_000, "x"));
    add(hosts, "db");
    hosts.changed();
    expect(statSync(join(folder, "greedy", "hosts")).size).toBe(2_000_000);
    expect(logged.map((record) => record.message)).toEqual([
      expect.stringContaining("hosts file of container greedy"),
    ]);
    expect(read("web")).toContain("db-host db");
  });

  test("two hundred of them are refreshed with each file written once", () => {
    const hosts = keeper();
    for (let at = 0; at < 200; at++) add(hosts, `c${at}`);
    hosts.changed();
    expect(read("c0").match(/-host c\d+$/gm)?.length).toBe(199);
    const inode = statSync(join(folder, "c0", "hosts"));
    hosts.changed();
    expect(statSync(join(folder, "c0", "hosts")).mtimeMs).toBe(inode.mtimeMs);
  });
});
