/** The server reflection service (grpc/grpc, src/proto/grpc/reflection/v1/reflection.proto), in both versions. */

import { Status } from "../grpc-error.ts";
import type { Codec } from "../method.ts";
import type { GrpcServer } from "../server.ts";
import { DescriptorIndex } from "./descriptor-index.ts";
import { bytesField, integerField, readFields, textOf } from "./protobuf-wire.ts";

/** Messages stay bytes: the answer repeats the question, also the parts of it that we do not know. */
const BYTES_CODEC: Codec<Uint8Array> = {
  encode: (message) => ({ finish: () => message }),
  // A copy: the message shares memory with what the socket gave.
  decode: (input) => new Uint8Array(input),
};

function definition(version: "v1" | "v1alpha") {
  return {
    name: "ServerReflection",
    fullName: `grpc.reflection.${version}.ServerReflection`,
    methods: {
      serverReflectionInfo: {
        name: "ServerReflectionInfo",
        requestType: BYTES_CODEC,
        requestStream: true,
        responseType: BYTES_CODEC,
        responseStream: true,
      },
    },
  } as const;
}

/** Field numbers of ServerReflectionRequest. */
const REQUEST = {
  host: 1,
  fileByFilename: 3,
  fileContainingSymbol: 4,
  fileContainingExtension: 5,
  allExtensionNumbersOfType: 6,
  listServices: 7,
} as const;
/** Field numbers of ServerReflectionResponse. */
const RESPONSE = {
  validHost: 1,
  originalRequest: 2,
  fileDescriptor: 4,
  allExtensionNumbers: 5,
  listServices: 6,
  error: 7,
} as const;

/** Adds both versions of the service. `descriptorSet` is a serialized FileDescriptorSet with all imports. */
export function addReflection(server: GrpcServer, descriptorSet: Uint8Array): void {
  let index: DescriptorIndex | undefined;
  const answer = (request: Uint8Array): Uint8Array => {
    // Read at the first question: most daemons never get one.
    index ??= new DescriptorIndex(descriptorSet);
    return answerQuestion(index, server.serviceNames, request);
  };
  async function* serverReflectionInfo(requests: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const request of requests) yield answer(request);
  }
  server.addService(definition("v1"), { serverReflectionInfo });
  server.addService(definition("v1alpha"), { serverReflectionInfo });
}

function answerQuestion(
  index: DescriptorIndex,
  services: readonly string[],
  request: Uint8Array,
): Uint8Array {
  let host = "";
  let answer = errorAnswer(Status.INVALID_ARGUMENT, "the request asks nothing that is known here");
  for (const { number, bytes } of readFields(request)) {
    switch (number) {
      case REQUEST.host:
        host = textOf(bytes);
        break;
      case REQUEST.fileByFilename:
        answer = filesAnswer(index.fileByName(textOf(bytes)), `file ${textOf(bytes)}`);
        break;
      case REQUEST.fileContainingSymbol:
        answer = filesAnswer(index.fileBySymbol(textOf(bytes)), `symbol ${textOf(bytes)}`);
        break;
      case REQUEST.fileContainingExtension: {
        const { type, extension } = readExtension(bytes);
        answer = filesAnswer(index.fileByExtension(type, extension), `extension ${extension} of ${type}`);
        break;
      }
      case REQUEST.allExtensionNumbersOfType:
        answer = numbersAnswer(index, textOf(bytes));
        break;
      case REQUEST.listServices:
        answer = bytesField(
          RESPONSE.listServices,
          Buffer.concat(services.map((name) => bytesField(1, bytesField(1, name)))),
        );
        break;
    }
  }
  return Buffer.concat([
    ...(host === "" ? [] : [bytesField(RESPONSE.validHost, host)]),
    bytesField(RESPONSE.originalRequest, request),
    answer,
  ]);
}

function filesAnswer(files: readonly Uint8Array[] | undefined, what: string): Uint8Array {
  if (files === undefined) return errorAnswer(Status.NOT_FOUND, `${what} is not known`);
  return bytesField(RESPONSE.fileDescriptor, Buffer.concat(files.map((file) => bytesField(1, file))));
}

function numbersAnswer(index: DescriptorIndex, type: string): Uint8Array {
  const numbers = index.extensionNumbers(type);
  if (numbers === undefined) return errorAnswer(Status.NOT_FOUND, `type ${type} is not known`);
  const fields = [bytesField(1, type), ...numbers.map((number) => integerField(2, number))];
  return bytesField(RESPONSE.allExtensionNumbers, Buffer.concat(fields));
}

function errorAnswer(code: number, message: string): Uint8Array {
  return bytesField(RESPONSE.error, Buffer.concat([integerField(1, code), bytesField(2, message)]));
}

function readExtension(bytes: Uint8Array): { type: string; extension: number } {
  let type = "";
  let extension = 0;
  for (const field of readFields(bytes)) {
    if (field.number === 1) type = textOf(field.bytes);
    else if (field.number === 2) extension = field.integer;
  }
  return { type, extension };
}
