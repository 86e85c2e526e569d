/** Which file of a FileDescriptorSet (google/protobuf/descriptor.proto) holds which name, symbol and extension. */

import { readFields, textOf } from "./protobuf-wire.ts";

interface DescriptorFile {
  readonly name: string;
  readonly content: Uint8Array;
  readonly imports: readonly string[];
}

/** Field numbers of descriptor.proto. */
const SET = { file: 1 } as const;
const FILE = { name: 1, package: 2, dependency: 3, message: 4, enum: 5, service: 6, extension: 7 } as const;
const MESSAGE = { name: 1, field: 2, nested: 3, enum: 4, extension: 6, oneof: 8 } as const;
const FIELD = { name: 1, extendee: 2, number: 3 } as const;
/** The same number in EnumDescriptorProto (value) and ServiceDescriptorProto (method). */
const MEMBER = 2;
const NAME = 1;

export class DescriptorIndex {
  readonly #files = new Map<string, DescriptorFile>();
  readonly #fileOfSymbol = new Map<string, DescriptorFile>();
  /** By extended type: files by field number. */
  readonly #extensions = new Map<string, Map<number, DescriptorFile>>();

  /** @param descriptorSet serialized FileDescriptorSet; throws RangeError when it is none */
  constructor(descriptorSet: Uint8Array) {
    for (const { number, bytes } of readFields(descriptorSet)) if (number === SET.file) this.#addFile(bytes);
  }

  /** The file and everything that it imports, the file first; undefined when it is not known. */
  fileByName(name: string): Uint8Array[] | undefined {
    return this.#withImports(this.#files.get(name));
  }

  /** The file in which a message, enum, service, method, field or value is defined, with imports. */
  fileBySymbol(symbol: string): Uint8Array[] | undefined {
    return this.#withImports(this.#fileOfSymbol.get(symbol));
  }

  fileByExtension(type: string, number: number): Uint8Array[] | undefined {
    return this.#withImports(this.#extensions.get(type)?.get(number));
  }

  /** Numbers of the extensions of a type, ascending; undefined when the type is not known. */
  extensionNumbers(type: string): number[] | undefined {
    if (!this.#fileOfSymbol.has(type)) return undefined;
    return [...(this.#extensions.get(type)?.keys() ?? [])].sort((a, b) => a - b);
  }

  #withImports(file: DescriptorFile | undefined): Uint8Array[] | undefined {
    if (file === undefined) return undefined;
    const found = new Set([file]);
    for (const { imports } of found) {
      for (const name of imports) {
        const imported = this.#files.get(name);
        if (imported !== undefined) found.add(imported);
      }
    }
    return [...found].map(({ content }) => content);
  }

  #addFile(content: Uint8Array): void {
    const fields = [...readFields(content)];
    const text = (wanted: number) =>
      textOf(fields.find(({ number }) => number === wanted)?.bytes ?? new Uint8Array(0));
    const file: DescriptorFile = {
      name: text(FILE.name),
      content,
      imports: fields.filter(({ number }) => number === FILE.dependency).map(({ bytes }) => textOf(bytes)),
    };
    this.#files.set(file.name, file);
    const scope = text(FILE.package);
    for (const { number, bytes } of fields) {
      if (number === FILE.message) this.#addMessage(file, scope, bytes);
      else if (number === FILE.enum) this.#addMembers(file, scope, bytes, scope);
      else if (number === FILE.service) this.#addMembers(file, scope, bytes, undefined);
      else if (number === FILE.extension) this.#addExtension(file, scope, bytes);
    }
  }

  #addMessage(file: DescriptorFile, scope: string, message: Uint8Array): void {
    const fields = [...readFields(message)];
    const name = this.#addSymbol(file, scope, message);
    for (const { number, bytes } of fields) {
      if (number === MESSAGE.field || number === MESSAGE.oneof) this.#addSymbol(file, name, bytes);
      else if (number === MESSAGE.nested) this.#addMessage(file, name, bytes);
      else if (number === MESSAGE.enum) this.#addMembers(file, name, bytes, name);
      else if (number === MESSAGE.extension) this.#addExtension(file, name, bytes);
    }
  }

  /** @param memberScope where the members' names belong: enum values lie beside their enum, methods in their service */
  #addMembers(
    file: DescriptorFile,
    scope: string,
    holder: Uint8Array,
    memberScope: string | undefined,
  ): void {
    const name = this.#addSymbol(file, scope, holder);
    for (const { number, bytes } of readFields(holder)) {
      if (number === MEMBER) this.#addSymbol(file, memberScope ?? name, bytes);
    }
  }

  #addExtension(file: DescriptorFile, scope: string, extension: Uint8Array): void {
    this.#addSymbol(file, scope, extension);
    let type = "";
    let fieldNumber = 0;
    for (const { number, integer, bytes } of readFields(extension)) {
      if (number === FIELD.extendee) type = textOf(bytes).replace(/^\./, "");
      else if (number === FIELD.number) fieldNumber = integer;
    }
    const byNumber = this.#extensions.get(type) ?? new Map<number, DescriptorFile>();
    byNumber.set(fieldNumber, file);
    this.#extensions.set(type, byNumber);
  }

  #addSymbol(file: DescriptorFile, scope: string, descriptor: Uint8Array): string {
    let name = "";
    for (const { number, bytes } of readFields(descriptor)) {
      if (number !== NAME) continue;
      name = textOf(bytes);
      break;
    }
    const full = scope === "" ? name : `${scope}.${name}`;
    this.#fileOfSymbol.set(full, file);
    return full;
  }
}
