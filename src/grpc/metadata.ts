/** Metadata of a call: header fields and trailers that belong to the application. */

import { GrpcError, Status } from "./grpc-error.ts";

/** Text, or bytes under a key that ends in `-bin`. */
export type MetadataValue = string | Uint8Array;
export type MetadataInit = Metadata | Readonly<Record<string, MetadataValue>>;

const KEY = /^[0-9a-z_.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

function keyError(key: string, reason: string): GrpcError {
  return new GrpcError(Status.INTERNAL, `metadata key ${JSON.stringify(key)} ${reason}`);
}

/** Ordered, keys in lower case, several values per key. Keys that gRPC itself uses (`grpc-...`) are refused. */
export class Metadata {
  readonly #entries: [string, MetadataValue][] = [];

  /** Makes Metadata of a plain record; Metadata stays as it is. */
  static from(init: MetadataInit): Metadata {
    if (init instanceof Metadata) return init;
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(init)) metadata.add(key, value);
    return metadata;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Adds a value behind those that the key has. Throws GrpcError INTERNAL for what cannot be sent. */
  add(key: string, value: MetadataValue): void {
    const name = key.toLowerCase();
    if (!KEY.test(name)) throw keyError(key, "has characters that cannot be sent");
    if (name.startsWith("grpc-") && name !== "grpc-status-details-bin") throw keyError(key, "is reserved");
    if (name.endsWith("-bin") !== value instanceof Uint8Array) {
      throw keyError(key, value instanceof Uint8Array ? "needs the ending -bin for bytes" : "needs bytes");
    }
    if (typeof value === "string" && !VALUE.test(value)) {
      throw keyError(key, "has a value that is not printable ASCII");
    }
    this.#entries.push([name, value]);
  }

  /** Takes over a field that came from the peer, without the checks for sending. */
  addReceived(key: string, value: MetadataValue): void {
    this.#entries.push([key, value]);
  }

  /** First value of a key as text; undefined when absent or bytes. */
  get(key: string): string | undefined {
    const value = this.#first(key);
    return typeof value === "string" ? value : undefined;
  }

  /** First value of a `-bin` key; undefined when absent. */
  getBytes(key: string): Uint8Array | undefined {
    const value = this.#first(key);
    return value instanceof Uint8Array ? value : undefined;
  }

  getAll(key: string): MetadataValue[] {
    const name = key.toLowerCase();
    return this.#entries.filter(([other]) => other === name).map(([, value]) => value);
  }

  entries(): readonly (readonly [string, MetadataValue])[] {
    return this.#entries;
  }

  #first(key: string): MetadataValue | undefined {
    const name = key.toLowerCase();
    return this.#entries.find(([other]) => other === name)?.[1];
  }
}
