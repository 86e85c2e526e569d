/** Random messages for Create: mostly sensible, with what a hostile or mistaken client may send among it. */

import fc from "fast-check";
import type { Container as WireContainer } from "../../../../src/api/gen/api/types/containers/container.ts";
import type { HostConfig as WireHostConfig } from "../../../../src/api/gen/api/types/containers/host_config.ts";
import { OLD_IMAGE } from "../../manager/support/device.ts";

/** Well-formed text: a lone surrogate cannot come over the wire. */
const anyText = fc.string({ unit: "binary", maxLength: 20 }).filter((text) => text.isWellFormed());

/** One of the good ones, and now and then anything. */
function mostly<T>(good: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: good, weight: 40 }, { arbitrary: other, weight: 1 });
}

const among = (...texts: string[]) => mostly(fc.constantFrom(...texts), anyText);
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const count = mostly(fc.bigInt({ min: 0n, max: 9n }), int64);
const port = mostly(fc.bigInt({ min: 0n, max: 65_535n }), int64);
const size = among("", "3M", "64m", "128m", "1.5g", "5000000 k");
const path = among("/data", "/etc/app", "relative/x", "/dev/null", "/");

const hostConfig: fc.Arbitrary<WireHostConfig> = fc.record({
  devices: few(
    fc.record({
      pathOnHost: among("/dev/null", "/dev/zero"),
      pathInContainer: among("", "/dev/a", "dev/b"),
      cgroupPermissions: among("", "r", "rw", "mrw"),
    }),
  ),
  networkMode: among("", "bridge", "host"),
  privileged: mostly(fc.constant(false), fc.constant(true)),
  restartPolicy: fc.option(
    fc.record({
      type: among("no", "always", "unless-stopped", "on-failure"),
      maximumRetryCount: mostly(fc.constant(0n), count),
      retryTimeout: count,
    }),
    { nil: undefined },
  ),
  runtime: among("", "io.containerd.runc.v2", "io.containerd.kata.v2"),
  extraHosts: few(among("a:1.2.3.4", "b:host_ip", "c:container_web-host", "d:2001:db8::1")),
  portMappings: mostly(
    fc.constant([]),
    few(
      fc.record({
        protocol: among("", "tcp", "udp", "SCTP"),
        hostIp: among("", "127.0.0.1", "localhost"),
        hostPort: port,
        hostPortEnd: mostly(fc.constant(0n), port),
        containerPort: port,
      }),
    ),
  ),
  logConfig: fc.option(
    fc.record({
      driverConfig: fc.option(
        fc.record({
          type: among("", "json-file", "none"),
          maxFiles: count,
          maxSize: among("", "1M", "10k"),
          rootDir: among("", "/var/log/x"),
        }),
        { nil: undefined },
      ),
      modeConfig: fc.option(
        fc.record({ mode: among("", "blocking", "non-blocking"), maxBufferSize: among("", "64k") }),
        { nil: undefined },
      ),
    }),
    { nil: undefined },
  ),
  resources: fc.option(
    fc.record({ memory: size, memoryReservation: among("", "3M"), memorySwap: among("", "-1", "2g") }),
    { nil: undefined },
  ),
  extraCapabilities: mostly(fc.constant([]), few(among("CAP_NET_ADMIN", "CAP_KILL", "CAP_SYS_TIME"))),
});

/** A message with every part there or not. */
export const randomContainer: fc.Arbitrary<WireContainer> = fc.record({
  id: mostly(fc.constant(""), among("web", "a.b-c", "../x", "..")),
  name: among("", "web", "a_b.c-d"),
  image: mostly(
    fc.record({
      name: mostly(fc.constant(OLD_IMAGE), anyText),
      decryptConfig: fc.option(fc.record({ keys: few(anyText), recipients: few(anyText) }), {
        nil: undefined,
      }),
    }),
    fc.constant(undefined as never),
  ),
  hostName: among("", "host"),
  domainName: among("", "domain"),
  resolvConfPath: anyText,
  hostsPath: anyText,
  hostnamePath: anyText,
  mounts: few(fc.record({ source: path, destination: path, propagationMode: among("", "rshared", "slave") })),
  hooks: mostly(
    fc.constant([]),
    few(
      fc.record({
        path: among("/bin/true", "/usr/bin/hook", "hook"),
        args: few(anyText),
        env: few(anyText),
        timeout: mostly(fc.integer({ min: 0, max: 60 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
        type: among("Prestart", "Poststart", "Poststop"),
      }),
    ),
  ),
  hostConfig: fc.option(hostConfig, { nil: undefined }),
  ioConfig: fc.option(
    fc.record({
      attachStderr: fc.boolean(),
      attachStdin: fc.boolean(),
      attachStdout: fc.boolean(),
      openStdin: fc.boolean(),
      stdinOnce: fc.boolean(),
      tty: fc.boolean(),
    }),
    { nil: undefined },
  ),
  config: fc.option(
    fc.record({ env: few(among("A=1", "B", "C=", "A=ä b")), cmd: few(among("runs", "-x", "")) }),
    { nil: undefined },
  ),
  networkSettings: fc.constant(undefined),
  state: fc.constant(undefined),
  created: anyText,
  manuallyStopped: fc.boolean(),
  restartCount: int64,
});
