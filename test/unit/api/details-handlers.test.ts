import { beforeEach, expect, test } from "bun:test";
import { detailsHandlers } from "../../../src/api/details-handlers.ts";
import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import { Metadata } from "../../../src/grpc/metadata.ts";
import { Device, policy, wish } from "../manager/support/device.ts";

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

async function details(...ids: string[]) {
  const handlers = detailsHandlers({ keeper: device.manager, whenReady: async () => {} });
  const context = {
    signal: new AbortController().signal,
    metadata: new Metadata(),
    peer: "unix",
    deadline: undefined,
    responseHeaders: new Metadata(),
    responseTrailers: new Metadata(),
  };
  const answer = await handlers.details?.({ ids }, context);
  if (answer === undefined) throw new Error("details are not served");
  return answer.containers;
}

test("tell origin, image, labels and that no restart is due", async () => {
  await device.createAndStart(wish("app", "runs", { extras: { labels: { team: "cockpit" } } }));
  expect(await details()).toMatchObject([
    {
      container: { id: "app" },
      origin: "test",
      imageDigest: expect.stringMatching(/./),
      labels: { team: "cockpit" },
      restart: undefined,
      blocked: "",
      published: [],
    },
  ]);
});

test("tell why and when it is started again, also by the wall clock", async () => {
  await device.createAndStart(wish("app", "fails", { hostConfig: policy("always") }));
  await device.until(() => device.get("app").restartCount === 2);
  const before = Date.now();
  const [app] = await details("app");
  expect(app?.restart).toMatchObject({ reason: "ended with exit code 1", inMs: 200n, waitMs: 200n });
  expect(Date.parse(app?.restart?.nextTry ?? "")).toBeGreaterThanOrEqual(before + 200);
});

test("of an unknown container are not found", async () => {
  await device.create(wish("app", "runs"));
  const refused = await details("app", "nobody").catch((thrown: unknown) => thrown);
  expect(refused).toBeInstanceOf(GrpcError);
  expect(refused).toMatchObject({
    status: Status.NOT_FOUND,
    message: "no such container with id = nobody exists",
  });
});
