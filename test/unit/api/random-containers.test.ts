/** Whatever a client sends to Create: it is refused with a reason, or makes what was asked, with a valid runtime spec. */

import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import type { Container as WireContainer } from "../../../src/api/gen/api/types/containers/container.ts";
import { buildSpec } from "../../../src/engine/spec/build.ts";
import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import { Metadata } from "../../../src/grpc/metadata.ts";
import type { Container } from "../../../src/model/container.ts";
import { specInput } from "../engine/support/spec-input.ts";
import { ApiBench } from "./support/api-bench.ts";
import { ociFaults } from "./support/oci-rules.ts";
import { randomContainer } from "./support/random-containers.ts";

const RUNS = Number(process.env["SUPERCARGO_RANDOM_RUNS"] ?? 600);

let api: ApiBench;
beforeAll(async () => {
  api = await ApiBench.open();
});

const given = (text: string, fallback: string) => (text === "" ? fallback : text);

/** What `get` shall answer for a message that was accepted, written down apart from the code that fills defaults in. */
function asked(sent: WireContainer, id: string): unknown {
  const name = given(sent.name, id);
  const host = sent.hostConfig;
  const driver = host?.logConfig?.driverConfig;
  const mode = host?.logConfig?.modeConfig;
  const isNone = driver?.type === "none";
  const isFree = given(mode?.mode ?? "", "blocking") === "blocking";
  return {
    id,
    name,
    image: sent.image,
    domainName: given(sent.domainName, `${name}-domain`),
    hostName: given(sent.hostName, `${name.slice(0, 59)}-host`),
    mounts: sent.mounts.map((one) => ({ ...one, propagationMode: given(one.propagationMode, "rprivate") })),
    hooks: sent.hooks,
    config: sent.config,
    hostConfig: {
      networkMode: given(host?.networkMode ?? "", "bridge"),
      privileged: host?.privileged ?? false,
      runtime: given(host?.runtime ?? "", "io.containerd.runc.v2"),
      extraHosts: host?.extraHosts ?? [],
      extraCapabilities: host?.extraCapabilities ?? [],
      restartPolicy: host?.restartPolicy ?? {
        type: "unless-stopped",
        maximumRetryCount: 0n,
        retryTimeout: 0n,
      },
      devices: (host?.devices ?? []).map((one) => ({
        pathOnHost: one.pathOnHost,
        pathInContainer: given(one.pathInContainer, one.pathOnHost),
        cgroupPermissions: given(one.cgroupPermissions, "rwm"),
      })),
      portMappings: (host?.portMappings ?? []).map((one) => ({
        ...one,
        protocol: given(one.protocol, "tcp"),
        hostIp: given(one.hostIp, "0.0.0.0"),
        hostPortEnd: one.hostPortEnd === 0n ? one.hostPort : one.hostPortEnd,
      })),
      logConfig: {
        driverConfig: {
          type: given(driver?.type ?? "", "json-file"),
          maxFiles: isNone ? 0n : (driver?.maxFiles ?? 0n) === 0n ? 2n : driver?.maxFiles,
          maxSize: isNone ? "" : given(driver?.maxSize ?? "", "100M"),
          rootDir: driver?.rootDir ?? "",
        },
        modeConfig: {
          mode: given(mode?.mode ?? "", "blocking"),
          maxBufferSize: isFree ? "" : given(mode?.maxBufferSize ?? "", "1M"),
        },
      },
    },
  };
}

/** The answer without what only the daemon knows; limits are looked at apart, for their swap rule. */
function answered(got: WireContainer): unknown {
  const { id, name, image, domainName, hostName, mounts, hooks, config, hostConfig } = got;
  const { resources: _, ...rest } = hostConfig ?? {};
  return { id, name, image, domainName, hostName, mounts, hooks, config, hostConfig: rest };
}

function expectLimits(sent: WireContainer, got: WireContainer): void {
  const wanted = sent.hostConfig?.resources;
  const stored = got.hostConfig?.resources;
  expect(stored?.memory ?? "").toBe(wanted?.memory ?? "");
  expect(stored?.memoryReservation ?? "").toBe(wanted?.memoryReservation ?? "");
  if (wanted?.memorySwap === "-1") expect(stored?.memorySwap ?? "").toBe("");
  else if (wanted?.memorySwap !== "" || wanted.memory === "")
    expect(stored?.memorySwap ?? "").toBe(wanted?.memorySwap ?? "");
  else expect(stored?.memorySwap).not.toBe("");
}

function expectValidSpec(container: Container): void {
  const isHost = container.hostConfig.networkMode === "host";
  const devices = container.hostConfig.devices.map((device) => ({
    ...{ path: device.pathInContainer, access: device.cgroupPermissions, type: "c" as const },
    ...{ major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
  }));
  const { spec } = buildSpec(
    specInput(container, {
      devices: container.hostConfig.privileged ? [] : devices,
      privileges: container.hostConfig.privileged
        ? { devices: [], capabilities: ["CAP_KILL", "CAP_SYS_ADMIN"] }
        : undefined,
      ...(isHost ? { networkNamespace: undefined, hostName: "machine" } : {}),
    }),
  );
  expect(ociFaults(spec)).toEqual([]);
}

test("a refusal with a reason, or what was asked with a valid spec", async () => {
  let accepted = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(randomContainer, async (sent) => {
      let made: WireContainer;
      try {
        made = await api.create(sent);
      } catch (thrown) {
        if (!(thrown instanceof GrpcError)) throw thrown;
        refused++;
        expect(thrown.status).toBe(Status.UNKNOWN);
        expect(thrown.message.length).toBeGreaterThan(5);
        expect((thrown.metadata ?? new Metadata()).get("supercargo-code")).toMatch(
          /^SC_(CONTAINER|IMAGE|REGISTRY)_/,
        );
        expect(api.device.manager.list()).toEqual([]);
        return;
      }
      accepted++;
      const got = await api.get(made.id);
      expect(got).toEqual(made);
      expect(answered(made)).toEqual(asked(sent, made.id));
      expectLimits(sent, made);
      expectValidSpec(api.device.get(made.id));
      await api.call((client, service) =>
        client.unary(service, "remove", { id: made.id, force: true, stopOptions: undefined }),
      );
      api.device.expectNoLeaks();
    }),
    { numRuns: RUNS },
  );
  console.log(`${accepted} made, ${refused} refused`);
  expect(accepted).toBeGreaterThan(RUNS / 20);
  expect(refused).toBeGreaterThan(RUNS / 20);
}, 60_000);
