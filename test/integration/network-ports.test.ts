import { beforeAll, expect, test } from "bun:test";
import { createServer } from "node:net";
import { join } from "node:path";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import { withOutside } from "./support/outside.ts";
import {
  addressOf,
  askFrom,
  gatewayOf,
  limit,
  machineNetwork,
  openPrivateNetwork,
  run,
  tcp,
} from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

test("a published port answers on loopback, on every address of the machine, to another container, to itself and to the outside", async () => {
  await using device = await openPrivateNetwork();
  await withOutside(async ({ machineAddress: address, namespacePath }) => {
    const web = await device.attach("web", { portMappings: [tcp(28080, 80)] });
    const other = await device.attach("other");
    await device.serve(web, "tcp", 80, "hello");
    const bridge = gatewayOf(web);
    expect(await ask("tcp", "127.0.0.1", 28080)).toBe(`hello ${bridge}`);
    expect(await ask("tcp", address, 28080)).toStartWith("hello ");
    expect(await ask("tcp", bridge, 28080)).toStartWith("hello ");
    expect(await askFrom(other.namespacePath, "tcp", bridge, 28080)).toStartWith("hello ");
    expect(await askFrom(other.namespacePath, "tcp", address, 28080)).toStartWith("hello ");
    expect(await askFrom(other.namespacePath, "tcp", addressOf(web), 80)).toBe(`hello ${addressOf(other)}`);
    expect(await askFrom(web.namespacePath, "tcp", bridge, 28080)).toStartWith("hello ");
    expect(await askFrom(namespacePath, "tcp", address, 28080)).toBe("hello 198.51.100.9");
  });
});

test("UDP is published as TCP is, also both on one port", async () => {
  await using device = await openPrivateNetwork();
  const udp = { ...tcp(28081, 5000), protocol: "udp" };
  const echo = await device.attach("echo", { portMappings: [udp, tcp(28081, 80)] });
  const other = await device.attach("other");
  await device.serve(echo, "udp", 5000, "udp");
  await device.serve(echo, "tcp", 80, "tcp");
  expect(await ask("udp", "127.0.0.1", 28081)).toStartWith("udp ");
  expect(await askFrom(other.namespacePath, "udp", gatewayOf(other), 28081)).toStartWith("udp ");
  expect(await ask("tcp", "127.0.0.1", 28081)).toStartWith("tcp ");
});

test("a UDP sender that was there before the container, and one that goes on over its restart, reach it", async () => {
  await using device = await openPrivateNetwork();
  await withOutside(async ({ machineAddress, namespacePath }) => {
    const next = await device.keepSending(namespacePath, machineAddress, 28089);
    const wish = { portMappings: [{ ...tcp(28089, 5000), protocol: "udp" }] };
    const first = await device.attach("first", wish);
    await device.serve(first, "udp", 5000, "first");
    expect(await next()).toStartWith("first ");
    await device.network.release("first");
    const second = await device.attach("second", wish);
    expect(addressOf(second)).not.toBe(addressOf(first));
    await device.serve(second, "udp", 5000, "second");
    for (;;) if ((await next()).includes("second ")) break;
    // Before the cable goes, on which it sends.
    await device.stopServers();
  });
});

test("a port bound to 127.0.0.1 is refused on every other address", async () => {
  await using device = await openPrivateNetwork();
  await withOutside(async ({ machineAddress: address, namespacePath }) => {
    const web = await device.attach("web", { portMappings: [tcp(28082, 80, "127.0.0.1")] });
    const other = await device.attach("other");
    await device.serve(web, "tcp", 80, "hello");
    expect(await ask("tcp", "127.0.0.1", 28082)).toStartWith("hello ");
    expect(await ask("tcp", address, 28082)).toBe("no answer: refused");
    expect(await askFrom(other.namespacePath, "tcp", gatewayOf(other), 28082)).toBe("no answer: refused");
    expect(await askFrom(namespacePath, "tcp", address, 28082)).toBe("no answer: refused");
  });
});

test("a host_ip that is no address means all addresses, or loopback and the bridge when so configured", async () => {
  await withOutside(async ({ machineAddress: address }) => {
    for (const localhost of ["all", "loopback"] as const) {
      await using device = await openPrivateNetwork({ localhost });
      const web = await device.attach("web", { portMappings: [tcp(28083, 80, "localhost")] });
      await device.serve(web, "tcp", 80, "hello");
      expect(web.published).toEqual([
        { protocol: "tcp", hostIp: "localhost", hostPort: 28083, containerPort: 80 },
      ]);
      expect(await ask("tcp", "127.0.0.1", 28083)).toStartWith("hello ");
      expect(await ask("tcp", gatewayOf(web), 28083)).toStartWith("hello ");
      expect(await ask("tcp", address, 28083)).toStartWith(
        localhost === "all" ? "hello " : "no answer: refused",
      );
    }
  });
});

test("a port of another container and one of another program are refused in the peer's words, with a hint of ours", async () => {
  await using device = await openPrivateNetwork();
  await device.attach("first", { portMappings: [tcp(28084, 80)] });
  const wish = { portMappings: [tcp(28084, 80)] };
  const prefix = /^driver failed programming external connectivity on endpoint second-ep \([0-9a-f]{64}\): /;
  for (const refused of [
    device.attach("second", wish),
    device.network.check(device.request("second", wish), undefined, limit()),
  ]) {
    const error = await refused.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "SC_PORT_IN_USE", hint: expect.stringContaining("container first") });
    expect(error instanceof Error ? error.message : "").toMatch(prefix);
    expect(error).toHaveProperty(
      "message",
      expect.stringContaining("Bind for 0.0.0.0:28084 failed: port is already allocated"),
    );
  }
  await device.network.check(device.request("second", wish), "first", limit());
  await device.network.check(device.request("first", wish), undefined, limit());

  const server = createServer().listen(28085, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await expect(device.attach("second", { portMappings: [tcp(28085, 80)] })).rejects.toThrow(
      "listen tcp4 0.0.0.0:28085: bind: address already in use",
    );
  } finally {
    server.close();
  }
  await expect(device.attach("second", { portMappings: [tcp(28086, 80, "203.0.113.9")] })).rejects.toThrow(
    "listen tcp4 203.0.113.9:28086: bind: cannot assign requested address",
  );
  expect(device.network.attached("second")).toBeUndefined();
});

test("a published port is taken for every other program and free again after the release", async () => {
  await using device = await openPrivateNetwork();
  await device.attach("web", { portMappings: [tcp(28087, 80)] });
  expect(() => Bun.listen({ hostname: "127.0.0.1", port: 28087, socket: { data() {} } })).toThrow(
    "Failed to listen",
  );
  await device.network.release("web");
  Bun.listen({ hostname: "127.0.0.1", port: 28087, socket: { data() {} } }).stop(true);
});

test("of a range each container gets the first free port, and port 0 gets one of the kernel's own range", async () => {
  await using device = await openPrivateNetwork();
  const range = { portMappings: [tcp(28090, 80, "0.0.0.0", 28091)] };
  const ports = [];
  for (const id of ["a", "b"]) ports.push((await device.attach(id, range)).published[0]?.hostPort);
  expect(ports).toEqual([28090, 28091]);
  await expect(device.attach("c", range)).rejects.toThrow("no free port in 28090-28091 for tcp on 0.0.0.0");
  const any = await device.attach("d", { portMappings: [tcp(0, 80)] });
  expect(any.published[0]?.hostPort).toBeGreaterThanOrEqual(32768);
});

test("an IPv6 host_ip does not publish the port and says so", async () => {
  await using device = await openPrivateNetwork();
  const web = await device.attach("web", { portMappings: [tcp(28092, 80, "::1")] });
  expect(web.published).toEqual([]);
  expect(web.warnings).toEqual([expect.stringContaining("port 28092 is not published")]);
});

test("SCTP is published as TCP is, also when the kernel has no SCTP of its own", async () => {
  await using device = await openPrivateNetwork();
  await withOutside(async ({ machineAddress, address, namespacePath }) => {
    const sctp = { ...tcp(28093, 3868), protocol: "sctp" };
    const web = await device.attach("web", { portMappings: [sctp] });
    const peer = ["python3", join(import.meta.dir, "support", "sctp-peer.py")];
    const server = Bun.spawn(["nsenter", `--net=${web.namespacePath}`, ...peer, "receive", "3868"], {
      stdout: "pipe",
    });
    const reader = server.stdout.getReader();
    let said = "";
    const saysLine = async (line: string) => {
      while (!said.includes(line)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`${line} was not said, but: ${said}`);
        said += Buffer.from(value).toString();
      }
    };
    await saysLine("ready\n");
    await run(["nsenter", `--net=${namespacePath}`, ...peer, "send", machineAddress, "28093"]);
    await saysLine(`${address} 40000\n`);
    expect(await server.exited).toBe(0);
    expect(web.published).toEqual([
      { protocol: "sctp", hostIp: "0.0.0.0", hostPort: 28093, containerPort: 3868 },
    ]);
    await expect(device.attach("other", { portMappings: [sctp] })).rejects.toThrow(
      "Bind for 0.0.0.0:28093 failed: port is already allocated",
    );
  });
});

test("what is wrong in a mapping fails the start in the peer's words, and nothing is left of it", async () => {
  await using device = await openPrivateNetwork();
  const before = await machineNetwork();
  const refusals: [Partial<ReturnType<typeof tcp>>, string][] = [
    [{ hostPort: 28120, hostPortEnd: 28110 }, "invalid port range: 28120-28110"],
    [{ protocol: "icmp" }, "invalid transport protocol: icmp"],
    [{ hostPort: 70000, hostPortEnd: 70000 }, "invalid port range: 70000-70000"],
    [{ hostIp: "198.51.100.200" }, "listen tcp4 198.51.100.200:28094: bind: cannot assign requested address"],
  ];
  for (const [change, text] of refusals) {
    const good = tcp(28095, 81);
    const portMappings = [good, { ...tcp(28094, 80), ...change }];
    await expect(device.attach("web", { portMappings })).rejects.toThrow(
      new RegExp(
        `^driver failed programming external connectivity on endpoint web-ep \\([0-9a-f]{64}\\): ${text}$`,
      ),
    );
    expect(device.network.attached("web")).toBeUndefined();
    Bun.listen({ hostname: "0.0.0.0", port: 28095, socket: { data() {} } }).stop(true);
  }
  expect(await machineNetwork()).toBe(before);
});
