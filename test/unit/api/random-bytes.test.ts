/** Bytes that are no messages, sent to each rpc: an answer or a refusal, and the daemon goes on. */

import { beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import type { AnyMethod, Codec } from "../../../src/grpc/method.ts";
import { collect } from "../grpc/pair.ts";
import { ApiBench, bareWire } from "./support/api-bench.ts";

let api: ApiBench;
beforeAll(async () => {
  api = await ApiBench.open();
});

/** Sends what it is given as it is. */
const raw: Codec<unknown> = {
  encode: (bytes) => ({ finish: () => bytes as Uint8Array }),
  decode: (bytes) => bytes,
};

/** Attach waits for a start; it is asked about ids that are not there only by chance, so it is left out. */
const METHODS = Object.entries<AnyMethod>(ContainersDefinition.methods).filter(([key]) => key !== "attach");

async function send({ name, responseStream }: AnyMethod, bytes: Uint8Array): Promise<number> {
  const { fullName } = ContainersDefinition;
  const it = { name, requestType: raw, responseType: raw, requestStream: false } as const;
  const one = { name: "", fullName, methods: { it: { ...it, responseStream: false } } } as const;
  const many = { name: "", fullName, methods: { it: { ...it, responseStream: true } } } as const;
  const answer = responseStream
    ? collect(api.client.serverStream(many, "it", bytes))
    : api.client.unary(one, "it", bytes);
  try {
    await api.device.finish<unknown>(answer);
    return Status.OK;
  } catch (thrown) {
    if (thrown instanceof GrpcError) return thrown.status;
    throw thrown;
  }
}

/** A good message of which some bytes are others. */
const spoilt = fc
  .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat())
  .map(([changes, end]) => {
    const container = bareWire({
      name: "web",
      mounts: [{ source: "/a", destination: "/b", propagationMode: "" }],
    });
    const bytes = ContainersDefinition.methods.create.requestType.encode({ container }).finish();
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return end % 3 === 0 ? bytes.subarray(0, end % bytes.length) : bytes;
  });

test("each rpc answers bytes of any kind", async () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 64 }), spoilt);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...METHODS), bytes, async ([, method], sent) => {
      seen.add(await send(method, sent));
    }),
    { numRuns: 800 },
  );
  const expected: readonly number[] = [Status.OK, Status.UNKNOWN, Status.INTERNAL, Status.INVALID_ARGUMENT];
  for (const status of seen) expect(expected).toContain(status);
  expect(seen.has(Status.UNKNOWN)).toBe(true);
  for (const { id } of await api.list()) {
    await api.call((client, service) =>
      client.unary(service, "remove", { id, force: true, stopOptions: undefined }),
    );
  }
  api.device.expectNoLeaks();
  expect((await api.create(bareWire({ id: "after" }))).id).toBe("after");
}, 60_000);

test("a text that is not UTF-8 is refused as by Go's server, never kept as other characters", async () => {
  const { create, rename } = ContainersDefinition.methods;
  const spoil = (bytes: Uint8Array): Uint8Array => {
    bytes.set([0xff, 0xfe], Buffer.from(bytes).indexOf("zz"));
    return bytes;
  };
  const before = (await api.list()).length;
  const container = bareWire({ id: "broken", config: { env: ["A=zz"], cmd: [] } });
  expect(await send(create, spoil(create.requestType.encode({ container }).finish()))).toBe(Status.INTERNAL);
  const renaming = rename.requestType.encode({ id: "zz", name: "a" }).finish();
  expect(await send(rename, spoil(renaming))).toBe(Status.INTERNAL);
  expect(await api.list()).toHaveLength(before);
});
