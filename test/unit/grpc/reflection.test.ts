/** The reflection service on a small hand-made descriptor set with everything that can have a name. */

import { describe, expect, test } from "bun:test";
import { memoryPair } from "../../../src/base/memory-connection.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import type { Codec } from "../../../src/grpc/method.ts";
import { DescriptorIndex } from "../../../src/grpc/reflection/descriptor-index.ts";
import { bytesField, integerField, readFields, textOf } from "../../../src/grpc/reflection/protobuf-wire.ts";
import { addReflection } from "../../../src/grpc/reflection/reflection-service.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import { Echo, echoHandlers } from "./echo-service.ts";
import { collect } from "./pair.ts";

function message(number: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return bytesField(number, Buffer.concat(fields));
}
function named(number: number, name: string, ...fields: readonly Uint8Array[]): Uint8Array {
  return message(number, bytesField(1, name), ...fields);
}

/** base.proto (no package) ← middle.proto ← top.proto. */
const BASE = [bytesField(1, "base.proto"), named(4, "Bare", named(2, "field"))];
const MIDDLE = [
  ...[bytesField(1, "middle.proto"), bytesField(2, "p.q"), bytesField(3, "base.proto")],
  named(
    4,
    "Outer",
    named(3, "Inner", named(2, "deep")),
    named(4, "Kind", named(2, "FIRST")),
    named(8, "choice"),
  ),
  named(5, "Colour", named(2, "RED")),
];
const TOP = [
  ...[bytesField(1, "top.proto"), bytesField(2, "p"), bytesField(3, "middle.proto")],
  named(6, "Service", named(2, "Call")),
  named(7, "extra", bytesField(2, ".p.q.Outer"), integerField(3, 100)),
  named(7, "another", bytesField(2, ".p.q.Outer"), integerField(3, 7)),
];
const SET = Buffer.concat([BASE, MIDDLE, TOP].map((fields) => message(1, ...fields)));

function names(files: readonly Uint8Array[] | undefined): string[] | undefined {
  return files?.map((file) => textOf([...readFields(file)].find(({ number }) => number === 1)?.bytes ?? SET));
}

describe("the index", () => {
  const index = new DescriptorIndex(SET);

  test("files come with everything that they import, themselves first", () => {
    expect(names(index.fileByName("top.proto"))).toEqual(["top.proto", "middle.proto", "base.proto"]);
    expect(names(index.fileByName("base.proto"))).toEqual(["base.proto"]);
    expect(index.fileByName("other.proto")).toBeUndefined();
  });

  test("every kind of symbol is found", () => {
    const home: Readonly<Record<string, readonly string[]>> = {
      "base.proto": ["Bare", "Bare.field"],
      "middle.proto": [
        ...["p.q.Outer", "p.q.Outer.Inner", "p.q.Outer.Inner.deep", "p.q.Outer.Kind", "p.q.Outer.FIRST"],
        ...["p.q.Outer.choice", "p.q.Colour", "p.q.RED"],
      ],
      "top.proto": ["p.Service", "p.Service.Call", "p.extra"],
    };
    for (const [file, symbols] of Object.entries(home)) {
      for (const symbol of symbols)
        expect([symbol, names(index.fileBySymbol(symbol))?.[0]]).toEqual([symbol, file]);
    }
    for (const symbol of ["", "p", "p.q.Outer.Kind.FIRST", "Outer"]) {
      expect(index.fileBySymbol(symbol)).toBeUndefined();
    }
  });

  test("extensions", () => {
    expect(names(index.fileByExtension("p.q.Outer", 100))?.[0]).toBe("top.proto");
    expect(index.fileByExtension("p.q.Outer", 101)).toBeUndefined();
    expect(index.extensionNumbers("p.q.Outer")).toEqual([7, 100]);
    expect(index.extensionNumbers("Bare")).toEqual([]);
    expect(index.extensionNumbers("p.Nothing")).toBeUndefined();
  });

  test("what is no descriptor set is refused", () => {
    expect(() => new DescriptorIndex(Buffer.from([0x0a, 0x05, 0x01]))).toThrow(RangeError);
    expect(() => new DescriptorIndex(Buffer.alloc(20, 0xff))).toThrow(RangeError);
  });
});

const BYTES: Codec<Uint8Array> = {
  encode: (bytes) => ({ finish: () => bytes }),
  decode: (bytes) => new Uint8Array(bytes),
};
const CLIENT = {
  name: "ServerReflection",
  methods: {
    info: {
      name: "ServerReflectionInfo",
      requestType: BYTES,
      requestStream: true,
      responseType: BYTES,
      responseStream: true,
    },
  },
} as const;

test("both versions answer each question and repeat it; wrong ones get an error and the stream goes on", async () => {
  const server = new GrpcServer();
  server.addService(Echo, echoHandlers());
  addReflection(server, SET);
  const [near, far] = memoryPair();
  server.accept(far);
  const client = await GrpcClient.connect(async () => near);
  const questions = [
    Buffer.concat([bytesField(1, "host"), bytesField(7, "*")]),
    bytesField(3, "base.proto"),
    bytesField(4, "p.Nothing"),
    message(5, bytesField(1, "p.q.Outer"), integerField(2, 7)),
    bytesField(6, "p.q.Outer"),
    bytesField(6, "p.Nothing"),
    bytesField(99, "?"),
  ];
  for (const version of ["v1", "v1alpha"]) {
    const call = client.duplex(
      { ...CLIENT, fullName: `grpc.reflection.${version}.ServerReflection` },
      "info",
    );
    for (const question of questions) await call.send(question);
    call.end();
    const answers = (await collect(call.responses)).map((answer) => [...readFields(answer)]);
    const kinds = answers.map((fields) => fields.at(-1)?.number);
    expect(kinds).toEqual([6, 4, 7, 4, 5, 7, 7]);
    answers.forEach((fields, at) => {
      const repeated = fields.find(({ number }) => number === 2)?.bytes;
      expect(Buffer.from(repeated ?? SET)).toEqual(Buffer.from(questions[at] ?? SET));
    });
    expect(textOf(answers[0]?.[0]?.bytes ?? SET)).toBe("host");
    const services = [...readFields(answers[0]?.at(-1)?.bytes ?? SET)].map(({ bytes }) =>
      textOf([...readFields(bytes)][0]?.bytes ?? SET),
    );
    expect(services).toEqual([
      "test.Echo",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    const numbers = [...readFields(answers[4]?.at(-1)?.bytes ?? SET)].slice(1).map(({ integer }) => integer);
    expect(numbers).toEqual([7, 100]);
  }
  client.close();
});
