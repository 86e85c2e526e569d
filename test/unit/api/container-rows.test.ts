/** What `kanto-cm list` reads of an answer is what the whole codec reads of it. */

import { expect, test } from "bun:test";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { type ContainerRow, ROWS_SERVICE, readRows } from "../../../src/api/container-rows.ts";
import { containerFromWire } from "../../../src/api/from-wire.ts";
import {
  ContainersDefinition,
  ListContainersResponse,
} from "../../../src/api/gen/api/services/containers/containers.ts";
import { State } from "../../../src/api/gen/api/types/containers/state.ts";
import { WireFields } from "../../../src/api/wire-fields.ts";
import { STATUSES } from "../../../src/model/container.ts";
import { randomContainer } from "./support/random-containers.ts";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const someState = fc.record({
  pid: int64,
  startedAt: fc.string(),
  error: fc.string({ unit: "grapheme" }),
  exitCode: fc.oneof(int64, fc.bigInt({ min: -2n, max: 300n })),
  finishedAt: fc.string(),
  exited: fc.boolean(),
  dead: fc.boolean(),
  restarting: fc.boolean(),
  paused: fc.boolean(),
  running: fc.boolean(),
  status: fc.oneof(fc.constantFrom(...STATUSES), fc.string()),
  oomKilled: fc.boolean(),
});
const someContainers = fc.array(
  fc
    .tuple(
      randomContainer,
      fc.record({
        id: fc.string(),
        name: fc.string({ unit: "grapheme" }),
        state: fc.option(someState, { nil: undefined }),
        created: fc.string(),
        restartCount: int64,
      }),
    )
    .map(([container, answered]) => ({ ...container, ...answered })),
  { maxLength: 5 },
);

function rowOf({
  id,
  name,
  image,
  state,
  created,
  restartCount,
}: ReturnType<typeof containerFromWire>): ContainerRow {
  const { status, startedAt, finishedAt, exitCode } = state;
  return {
    ...{ id, name, created, restartCount, image: { name: image.name } },
    state: { status, startedAt, finishedAt, exitCode },
  };
}

test("the rows of an answer are those that the whole codec would make", () => {
  fc.assert(
    fc.property(someContainers, (containers) => {
      const message = ListContainersResponse.encode({ containers }).finish();
      const whole = ListContainersResponse.decode(message).containers.map(containerFromWire);
      expect(readRows(message)).toEqual(whole.map(rowOf));
    }),
    { numRuns: 300 },
  );
});

test("an answer cut off or with bytes of another kind gives rows or a RangeError, and nothing hangs", () => {
  fc.assert(
    fc.property(someContainers, fc.nat(), fc.uint8Array({ maxLength: 8 }), (containers, at, junk) => {
      const message = ListContainersResponse.encode({ containers }).finish();
      const cut = Buffer.concat([message.subarray(0, at % (message.length + 1)), junk]);
      try {
        readRows(cut);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns: 1000 },
  );
});

test("fields that nobody knows, of each wire type, are stepped over", () => {
  const writer = new BinaryWriter();
  writer.uint32(10).fork();
  writer.uint32(100 * 8 + 1).fixed64(7n);
  writer.uint32(101 * 8 + 5).fixed32(7);
  writer.uint32(102 * 8).uint64(2n ** 64n - 1n);
  writer.uint32(103 * 8 + 2).string("id");
  writer.uint32(10).string("cargo");
  // Its own number with another type than a text's.
  writer.uint32(2 * 8).int64(-1n);
  writer.join();
  expect(readRows(writer.finish())[0]).toMatchObject({ id: "cargo", name: "" });
});

test("integers are as exact as a number can be, and no longer than 64 bits", () => {
  for (const exitCode of [0n, 1n, 127n, 128n, -1n, 2n ** 53n - 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const fields = new WireFields(State.encode({ ...State.decode(new Uint8Array()), exitCode }).finish());
    if (exitCode === 0n) continue;
    fields.next();
    const clamped =
      exitCode > 2n ** 53n ? 2 ** 53 - 1 : exitCode < -(2n ** 53n) ? -(2 ** 53) + 1 : Number(exitCode);
    expect(fields.integer()).toBe(clamped);
  }
  const endless = new WireFields(new Uint8Array([8, ...new Array(11).fill(0xff), 1]));
  endless.next();
  expect(() => endless.skip()).toThrow(RangeError);
});

test("it is the peer's service and method", () => {
  expect(ROWS_SERVICE.fullName).toBe(ContainersDefinition.fullName);
  expect(ROWS_SERVICE.methods.list.name).toBe(ContainersDefinition.methods.list.name);
});
