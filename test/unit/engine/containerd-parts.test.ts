import { describe, expect, test } from "bun:test";
import { toEngineError } from "../../../src/engine/containerd/engine-errors.ts";
import { Options } from "../../../src/engine/containerd/gen/containerd/runc/options.ts";
import { bundleInTheWay } from "../../../src/engine/containerd/leftovers.ts";
import { overlayFolders } from "../../../src/engine/containerd/rootfs-mount.ts";
import { runtimeFor, runtimeName } from "../../../src/engine/containerd/runtime.ts";
import { shimId } from "../../../src/engine/containerd/shims.ts";
import { stampOf } from "../../../src/engine/containerd/stamps.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { GrpcError } from "../../../src/grpc/grpc-error.ts";
import { isKnownRuntime } from "../../../src/model/runtimes.ts";

describe("a shim's command line", () => {
  const line = (text: string) => shimId(text.split(" "), "ns", "/run/c.sock");
  const shim = "/usr/bin/containerd-shim-runc-v2 -namespace ns -id c1 -address /run/c.sock";

  test("gives the id of its container", () => {
    expect(line(shim)).toBe("c1");
  });

  test("of another namespace, containerd, program or of a short-lived call gives none", () => {
    expect(line(shim.replace("ns", "other"))).toBeUndefined();
    expect(line(shim.replace("/run/c.sock", "/run/d.sock"))).toBeUndefined();
    expect(line(shim.replace("containerd-shim-runc-v2", "sleep"))).toBeUndefined();
    expect(line(`${shim} delete`)).toBeUndefined();
    expect(line("")).toBeUndefined();
  });
});

test("the bundle folder in the way is read from containerd's refusal only", () => {
  expect(bundleInTheWay("mkdir /run/x/io.containerd.runtime.v2.task/ns/c1: file exists: unknown")).toBe(
    "/run/x/io.containerd.runtime.v2.task/ns/c1",
  );
  expect(bundleInTheWay("OCI runtime create failed: exec: no such file")).toBeUndefined();
});

test("the folders of an overlay are upper first, then the lower ones from the top", () => {
  expect(
    overlayFolders(["index=off", "workdir=/s/3/work", "upperdir=/s/3/fs", "lowerdir=/s/2/fs:/s/1/fs"]),
  ).toEqual(["/s/3/fs", "/s/2/fs", "/s/1/fs"]);
  expect(overlayFolders(["lowerdir=/a:/b"])).toEqual(["/a", "/b"]);
});

describe("runtimes", () => {
  const config = { runcRuntime: "io.containerd.runc.v2", systemdCgroup: true, runcRoot: "/r" };

  test("with a runc name, or an unknown one, are the daemon's", () => {
    for (const name of [
      "io.containerd.runtime.v1.linux",
      "io.containerd.runc.v1",
      "io.containerd.runc.v2",
      "x",
    ]) {
      expect(runtimeName(name, config.runcRuntime)).toBe("io.containerd.runc.v2");
    }
    expect(isKnownRuntime("x")).toBe(false);
  });

  test("of another kind are kept and get no options of runc's", () => {
    expect(runtimeFor("io.containerd.kata.v2", config)).toEqual({
      name: "io.containerd.kata.v2",
      options: undefined,
    });
  });

  test("of runc's kind get its name, root and the kind of cgroups", () => {
    const { options } = runtimeFor("io.containerd.runc.v2", config);
    expect(options?.typeUrl).toBe("containerd.runc.v1.Options");
    expect(Options.decode(options?.value ?? new Uint8Array())).toMatchObject({
      binaryName: "runc",
      root: "/r",
      systemdCgroup: true,
    });
  });
});

test("stamps keep nanoseconds; nothing and the year 1 are no time", () => {
  expect(stampOf({ seconds: 1_700_000_000, nanos: 120_000_001 })).toBe("2023-11-14T22:13:20.120000001Z");
  expect(stampOf(undefined)).toBe("");
  expect(stampOf({ seconds: -62_135_596_800, nanos: 0 })).toBe("");
});

describe("errors of containerd", () => {
  const code = (status: number, message: string, isConnected: boolean) => {
    const error = toEngineError(new GrpcError(status, message), "Tasks/Create", isConnected);
    return error instanceof SupercargoError ? error.code : undefined;
  };

  test("become codes of ours and keep the runtime's text", () => {
    expect(code(5, "x", true)).toBe("SC_ENGINE_NOT_FOUND");
    expect(code(6, "x", true)).toBe("SC_ENGINE_EXISTS");
    expect(code(4, "x", true)).toBe("SC_TIMEOUT");
    expect(String(toEngineError(new GrpcError(2, "runc's words"), "c", true))).toContain("runc's words");
  });

  test("about a full disk say so", () => {
    expect(code(2, "write /x: no space left on device: unknown", true)).toBe("SC_DISK_FULL");
  });

  test("of unavailability are about containerd only when the connection is gone", () => {
    expect(code(14, "connection closed", false)).toBe("SC_ENGINE_UNAVAILABLE");
    expect(code(14, "shim away", true)).toBe("SC_ENGINE_FAILED");
  });

  test("of any other kind are passed on as they are", () => {
    const error = new Error("reason of a signal");
    expect(toEngineError(error, "c", true)).toBe(error);
  });
});
