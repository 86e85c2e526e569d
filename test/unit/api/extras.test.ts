import { expect, test } from "bun:test";
import { extrasFromWire, extrasToWire, limitsFromWire, limitsToWire } from "../../../src/api/extras-wire.ts";
import { Extras as WireExtras } from "../../../src/api/gen/supercargo/v1/extras.ts";
import { withoutExtras } from "../../../src/api/peer-extras.ts";
import { hasCode } from "../../../src/errors/error.ts";
import type { Extras, Probe } from "../../../src/model/extras.ts";
import { HEALTH_DEFAULTS } from "../../../src/model/extras-rules.ts";
import { wish } from "../model/builders.ts";

const FULL: Extras = {
  readOnlyRoot: true,
  readOnlyMounts: ["/data"],
  user: "app:100",
  workingDir: "/srv",
  entrypoint: ["/bin/app"],
  cpus: 0.5,
  pidsLimit: 64,
  sysctls: { "net.core.somaxconn": "512" },
  ulimits: [{ name: "core", soft: 0, hard: -1 }],
  seccompProfile: "/etc/profile.json",
  apparmorProfile: "web",
  noNewPrivileges: false,
  labels: { team: "drive" },
  pullPolicy: "always",
  healthcheck: { ...HEALTH_DEFAULTS, probe: { kind: "tcp", port: 80 } },
};

function overTheWire(extras: Extras): Extras | undefined {
  return extrasFromWire(WireExtras.decode(WireExtras.encode(extrasToWire(extras)).finish()));
}

test("extras come over the wire as they were, an empty entrypoint is not the same as none", () => {
  expect(overTheWire(FULL)).toEqual(FULL);
  expect(overTheWire({ entrypoint: [] })).toEqual({ entrypoint: [] });
  expect(overTheWire({ user: "app" })).toEqual({ user: "app" });
  expect(overTheWire({})).toBeUndefined();
  const probes: readonly Probe[] = [
    { kind: "exec", command: ["/bin/true"] },
    { kind: "http", port: 8080, path: "/up" },
  ];
  for (const probe of probes) {
    const extras: Extras = { healthcheck: { ...HEALTH_DEFAULTS, onUnhealthy: "restart", probe } };
    expect(overTheWire(extras)).toEqual(extras);
  }
});

test("a healthcheck without a probe is refused, words that are not known are left to the rules", () => {
  const wire = extrasToWire(FULL);
  if (wire.healthcheck === undefined) throw new Error("no healthcheck");
  const healthcheck = { ...wire.healthcheck, tcp: undefined };
  expect(() => extrasFromWire({ ...wire, healthcheck })).toThrow("the healthcheck has no probe");
  expect(extrasFromWire({ ...wire, pullPolicy: "odd" })?.pullPolicy as string).toBe("odd");
});

test("live limits come over the wire, none as none", () => {
  const limits = { cpus: 1.5, pidsLimit: 20 };
  expect(limitsFromWire(limitsToWire(limits))).toEqual(limits);
  const none = { cpus: undefined, pidsLimit: undefined };
  expect(limitsFromWire(limitsToWire(none))).toEqual(none);
});

test("for Kanto's daemon extras that only describe are left out by name, those that matter are refused by name", () => {
  const mounts = [{ source: "/a", destination: "/data", propagationMode: "" }];
  const harmless = withoutExtras(
    wish({ mounts, extras: { labels: { a: "1" }, pullPolicy: "newer", seccompProfile: "unconfined" } }),
  );
  expect(harmless.desired).toEqual(wish({ mounts }));
  expect(harmless.leftOut).toEqual(["labels", "image.pull_policy"]);
  expect(withoutExtras(wish({ mounts }))).toEqual({ desired: wish({ mounts }), leftOut: [] });
  const refused = () => withoutExtras(wish({ mounts, extras: FULL }));
  expect(refused).toThrow(
    "the daemon is Kanto's and cannot do what container web asks for: host_config.read_only_rootfs, " +
      "mount_points.read_only, config.user, config.working_dir, config.entrypoint, host_config.resources.cpus, " +
      "host_config.resources.pids_limit, host_config.sysctls, host_config.ulimits, host_config.seccomp_profile, " +
      "host_config.apparmor_profile, host_config.no_new_privileges",
  );
  try {
    refused();
  } catch (thrown) {
    expect(hasCode(thrown, "SC_UNSUPPORTED")).toBe(true);
  }
});
