import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { checkExtraHosts, interfacesAskedFor, resolveExtraHosts } from "../../../src/network/extra-hosts.ts";
import {
  editInPlace,
  hostsText,
  ownNames,
  readMachineResolvConf,
  resolvConfText,
  writeHostFiles,
  writeHostModeFiles,
} from "../../../src/network/host-files.ts";
import { formatSubnet } from "../../../src/network/ipv4.ts";
import { parseLinks, parseRoutes } from "../../../src/network/machine.ts";
import { hostEntry } from "../../../src/network/new-entry.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the hosts file", () => {
  test("has the fixed lines, extra hosts, and the container's own line last, separated by one TAB", () => {
    const text = hostsText(["192.0.2.1\tdb"], {
      address: "172.17.0.2",
      name: ownNames("web-host", "web-domain"),
    });
    expect(text.split("\n")).toEqual([
      "127.0.0.1\tlocalhost",
      "::1\tlocalhost ip6-localhost ip6-loopback",
      "fe00::0\tip6-localnet",
      "ff00::0\tip6-mcastprefix",
      "ff02::1\tip6-allnodes",
      "ff02::2\tip6-allrouters",
      "192.0.2.1\tdb",
      "172.17.0.2\tweb-host.web-domain web-host",
      "",
    ]);
  });

  test("names a container by its first label, and once when that is all", () => {
    expect(ownNames("web.example", "org")).toBe("web.example.org web");
    expect(ownNames("web", "")).toBe("web");
  });

  test("is rewritten in place: same inode, no rest of a longer text, nothing when it says that already", () => {
    const path = join(folder, "hosts");
    writeFileSync(path, "a long text that was here before\n");
    const inode = statSync(path).ino;
    expect(editInPlace(path, () => "short\n")).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("short\n");
    expect(statSync(path).ino).toBe(inode);
    expect(editInPlace(path, () => "short\n")).toBe(false);
    expect(editInPlace(join(folder, "missing"), () => "text")).toBe(false);
  });

  test("can be read by every user of the container, whatever the umask", () => {
    const before = process.umask(0o077);
    try {
      writeHostFiles(folder, { hostname: "web\n", hosts: "h\n", resolvConf: "r\n" });
    } finally {
      process.umask(before);
    }
    for (const name of ["hostname", "hosts", "resolv.conf"])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o644);
  });
});

test("in host mode the files are the machine's, or the built ones without a line of its own", () => {
  const machine = {
    hosts: join(folder, "machine-hosts"),
    resolvConf: join(folder, "machine-resolv"),
    systemdResolvConf: join(folder, "none"),
  };
  writeFileSync(machine.hosts, "127.0.0.1 board\n");
  writeFileSync(machine.resolvConf, "nameserver 127.0.0.53\n");
  const filesDir = join(folder, "containers/one");
  const request = { id: "one", name: "one", mode: "host", hostName: "x", domainName: "", filesDir } as const;
  const write = (extraHosts: readonly string[]) =>
    writeHostModeFiles(hostEntry({ ...request, extraHosts, portMappings: [] }), machine);
  const text = (name: string) => readFileSync(join(filesDir, name), "utf8");
  expect(write([])).toEqual([]);
  expect(["hosts", "hostname", "resolv.conf"].map(text)).toEqual([
    "127.0.0.1 board\n",
    `${hostname()}\n`,
    "nameserver 127.0.0.53\n",
  ]);
  expect(write(["db:192.0.2.1", "other:container_x"])).toEqual([
    'extra host "other:container_x" is left out: this works in bridge mode only',
  ]);
  expect(text("hosts")).toBe(hostsText(["192.0.2.1\tdb"], undefined));
});

describe("resolv.conf", () => {
  test("loses name servers on loopback and keeps everything else", () => {
    const machine =
      "# mine\nnameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver fe80::1\nnameserver ::1\nnameserver 0:0:0:0:0:0:0:1\nsearch example.org\n\n";
    expect(resolvConfText(machine)).toBe(
      "# mine\nnameserver 192.0.2.53\nnameserver fe80::1\nsearch example.org\n",
    );
  });

  test("gets public name servers when none is left", () => {
    const servers = ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"];
    const lines = servers.map((server) => `nameserver ${server}\n`).join("");
    expect(resolvConfText("nameserver 127.0.0.53\noptions edns0\n")).toBe(`options edns0\n${lines}`);
    expect(resolvConfText("")).toBe(lines);
  });

  test("is systemd's real one when the machine's names only the stub", () => {
    const paths = { hosts: "", resolvConf: join(folder, "a"), systemdResolvConf: join(folder, "b") };
    writeFileSync(paths.resolvConf, "nameserver 127.0.0.53\n");
    expect(readMachineResolvConf(paths)).toBe("nameserver 127.0.0.53\n");
    writeFileSync(paths.systemdResolvConf, "nameserver 192.0.2.53\n");
    expect(readMachineResolvConf(paths)).toBe("nameserver 192.0.2.53\n");
    writeFileSync(paths.resolvConf, "nameserver 127.0.0.53\nnameserver 192.0.2.1\n");
    expect(readMachineResolvConf(paths)).toContain("192.0.2.1");
  });
});

describe("extra hosts", () => {
  const subject = { mode: "bridge", interfaceAddresses: { eth0: "192.0.2.2" } } as const;
  const connected = [
    { hostName: "db-host", address: "172.17.0.3" },
    { hostName: "twin", address: "172.17.0.4" },
    { hostName: "twin", address: "172.17.0.5" },
  ];
  const resolve = (entry: string, mode: "bridge" | "host" = "bridge") =>
    resolveExtraHosts({ ...subject, mode, extraHosts: [entry] }, "172.17.0.1", connected);

  test("are resolved to the bridge, an interface, another container, or taken literally", () => {
    const addresses = [
      "x:host_ip",
      "x:host_ip_eth0",
      "x:container_db-host",
      "x:192.0.2.9",
      "x:2001:db8::1",
    ].map((entry) => resolve(entry).lines[0]?.address);
    expect(addresses).toEqual(["172.17.0.1", "192.0.2.2", "172.17.0.3", "192.0.2.9", "2001:db8::1"]);
  });

  test("that cannot be resolved are left out with the reason", () => {
    const reasons: [string, string][] = [
      ["x:host_ip_", "needs the name of an interface"],
      ["x:host_ip_none", "interface none has no IPv4 address"],
      ["x:container_gone", "no container with the host name"],
      ["x:container_twin", "2 connected containers"],
    ];
    for (const [entry, reason] of reasons) {
      expect(resolve(entry)).toEqual({ lines: [], warnings: [expect.stringContaining(reason)] });
    }
    expect(resolve("x:container_db-host", "host").warnings).toEqual([
      expect.stringContaining("bridge mode only"),
    ]);
  });

  test("with a wrong number of colons fail in the peer's words", () => {
    expect(() => checkExtraHosts(["a:b", "nothing"])).toThrow("host [nothing] is incorrectly defined");
    expect(() => checkExtraHosts(["a:b:c"])).toThrow("host [a b c] is incorrectly defined");
    checkExtraHosts(["a:2001:db8::1"]);
  });

  test("tell which interfaces are asked for, and which can change while the container runs", () => {
    expect(interfacesAskedFor(["a:host_ip_eth0", "b:host_ip_eth0", "c:host_ip", "d:host_ip_"])).toEqual([
      "eth0",
    ]);
    const changing = ["x:host_ip_eth0", "x:container_db-host", "x:host_ip", "x:192.0.2.9"].map(
      (entry) => resolve(entry).lines[0]?.changes,
    );
    expect(changing).toEqual([true, true, false, false]);
  });
});

test("links and routes are read from ip's JSON, whatever is missing in it", () => {
  const [link] = parseLinks(
    JSON.stringify([
      {
        ifname: "veth1",
        master: "kanto-cm0",
        flags: ["UP"],
        mtu: 1400,
        linkinfo: { info_kind: "veth", info_slave_data: { isolated: true } },
        addr_info: [
          { family: "inet6", local: "fe80::1", prefixlen: 64 },
          { family: "inet", local: "10.0.0.1", prefixlen: 24 },
        ],
      },
    ]),
  );
  expect(link).toMatchObject({
    name: "veth1",
    kind: "veth",
    master: "kanto-cm0",
    isUp: true,
    isIsolated: true,
    mtu: 1400,
  });
  expect(link?.addresses.map(({ subnet }) => formatSubnet(subnet))).toEqual(["10.0.0.0/24"]);
  expect(parseLinks("[{},{}]").length).toBe(2);
  const routes = [{ dst: "default" }, { dst: "0.0.0.0/0" }, { dst: "10.0.0.0/8" }, { dst: "192.0.2.1" }, {}];
  expect(parseRoutes(JSON.stringify(routes)).map(formatSubnet)).toEqual(["10.0.0.0/8", "192.0.2.1/32"]);
  expect(parseRoutes("")).toEqual([]);
});
