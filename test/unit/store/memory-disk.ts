/**
 * A disk in memory that forgets at a power cut what was not synced, in the ways that real disks do. Every call is a
 * step; with `cutAfter` the power goes off at that step, a write then leaves half of its bytes; with `faultAt` a step fails.
 */

import type { FileSystem, FolderEntry } from "../../../src/base/file-system.ts";

interface FileNode {
  readonly kind: "file";
  data: Uint8Array;
  durable: Uint8Array;
}

interface FolderNode {
  readonly kind: "folder";
  entries: Map<string, Node>;
  durable: Map<string, Node>;
}

type Node = FileNode | FolderNode;

/** What is left after the power cut. */
export type Loss =
  | "nothing-lost" // the process died, the kernel lives
  | "all-unsynced" // neither data nor names that were not synced
  | "names-first" // names are there, data that was not synced is not
  | "torn"; // names are there, and half of the data that was not synced

export const LOSSES: readonly Loss[] = ["nothing-lost", "all-unsynced", "names-first", "torn"];

export class PowerCut extends Error {}

class DiskError extends Error {
  readonly syscall = "memory";
  constructor(
    readonly code: string,
    path: string,
  ) {
    super(`${code}: ${path}`);
  }
}

function folder(): FolderNode {
  return { kind: "folder", entries: new Map(), durable: new Map() };
}

export class MemoryDisk implements FileSystem {
  /** Calls so far. */
  steps = 0;
  cutAfter = Number.POSITIVE_INFINITY;
  /** Code with which this step fails, such as `ENOSPC`; asked before each. */
  faultAt: (step: number, call: string) => string | undefined = () => undefined;
  /** Told after each step that changed something. */
  onChange: (call: string) => void = () => {};
  readonly #open = new Map<number, Node>();
  #nextDescriptor = 3;

  constructor(private readonly root: FolderNode = folder()) {}

  /** The disk as the next start finds it. */
  afterCut(loss: Loss): MemoryDisk {
    return new MemoryDisk(survive(this.root, loss));
  }

  #step(call: string, path: string): void {
    if (this.steps >= this.cutAfter) throw new PowerCut();
    this.steps++;
    const code = this.faultAt(this.steps, call);
    if (code !== undefined) throw new DiskError(code, `${call} ${path}`);
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const part of path.split("/").filter((text) => text !== "")) {
      node = node?.kind === "folder" ? node.entries.get(part) : undefined;
    }
    return node;
  }

  #parent(path: string): { readonly folder: FolderNode; readonly name: string } {
    const at = path.lastIndexOf("/");
    const parent = this.#find(path.slice(0, at));
    if (parent?.kind !== "folder") throw new DiskError("ENOENT", path);
    return { folder: parent, name: path.slice(at + 1) };
  }

  #descriptor(node: Node): number {
    const descriptor = this.#nextDescriptor++;
    this.#open.set(descriptor, node);
    return descriptor;
  }

  create(path: string): number {
    this.#step("create", path);
    const { folder: parent, name } = this.#parent(path);
    if (parent.entries.has(name)) throw new DiskError("EEXIST", path);
    const node: FileNode = { kind: "file", data: new Uint8Array(), durable: new Uint8Array() };
    parent.entries.set(name, node);
    this.onChange(`create ${path}`);
    return this.#descriptor(node);
  }

  openFolder(path: string): number {
    const node = this.#find(path);
    if (node?.kind !== "folder") throw new DiskError("ENOENT", path);
    return this.#descriptor(node);
  }

  write(descriptor: number, data: Uint8Array, from: number): number {
    const node = this.#open.get(descriptor);
    if (node?.kind !== "file") throw new DiskError("EBADF", String(descriptor));
    const isCut = this.steps >= this.cutAfter;
    const part = data.subarray(from, isCut ? from + ((data.length - from) >> 1) : data.length);
    if (!isCut) this.#step("write", String(descriptor));
    const longer = new Uint8Array(node.data.length + part.length);
    longer.set(node.data);
    longer.set(part, node.data.length);
    node.data = longer;
    if (isCut) throw new PowerCut();
    this.onChange("write");
    return part.length;
  }

  sync(descriptor: number): void {
    this.#step("sync", String(descriptor));
    const node = this.#open.get(descriptor);
    if (node?.kind === "file") node.durable = node.data;
    else if (node?.kind === "folder") node.durable = new Map(node.entries);
    else throw new DiskError("EBADF", String(descriptor));
    this.onChange("sync");
  }

  close(descriptor: number): void {
    this.#open.delete(descriptor);
  }

  rename(from: string, to: string): void {
    this.#step("rename", from);
    const source = this.#parent(from);
    const node = source.folder.entries.get(source.name);
    if (node === undefined) throw new DiskError("ENOENT", from);
    const target = this.#parent(to);
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, node);
    this.onChange(`rename ${from}`);
  }

  unlink(path: string): void {
    this.#step("unlink", path);
    const { folder: parent, name } = this.#parent(path);
    if (!parent.entries.delete(name)) throw new DiskError("ENOENT", path);
    this.onChange(`unlink ${path}`);
  }

  makeFolder(path: string): string | undefined {
    const parts = path.split("/").filter((text) => text !== "");
    let node = this.root;
    let first: string | undefined;
    for (const [index, part] of parts.entries()) {
      let next = node.entries.get(part);
      if (next === undefined) {
        this.#step("makeFolder", path);
        next = folder();
        node.entries.set(part, next);
        this.onChange(`makeFolder ${path}`);
        first ??= `/${parts.slice(0, index + 1).join("/")}`;
      }
      if (next.kind !== "folder") throw new DiskError("ENOTDIR", path);
      node = next;
    }
    return first;
  }

  /** One entry after the other, as the real one: a cut leaves the rest. */
  removeTree(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    if (node.kind === "folder")
      for (const name of [...node.entries.keys()]) this.removeTree(`${path}/${name}`);
    this.unlink(path);
  }

  list(path: string): readonly FolderEntry[] {
    this.#step("list", path);
    const node = this.#find(path);
    if (node?.kind !== "folder") throw new DiskError("ENOENT", path);
    return [...node.entries].map(([name, entry]) => ({ name, isFolder: entry.kind === "folder" }));
  }

  read(path: string): Uint8Array {
    this.#step("read", path);
    const node = this.#find(path);
    if (node === undefined) throw new DiskError("ENOENT", path);
    if (node.kind === "folder") throw new DiskError("EISDIR", path);
    return node.data;
  }

  /** Puts a file there as if it had always been there. */
  plant(path: string, content: string | Uint8Array): void {
    this.makeFolder(path.slice(0, path.lastIndexOf("/")));
    const data = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const { folder: parent, name } = this.#parent(path);
    parent.entries.set(name, { kind: "file", data, durable: data });
    settle(this.root);
  }

  /** Paths of all files, sorted. */
  files(): readonly string[] {
    return walk(this.root, "").sort();
  }
}

function survive(node: FolderNode, loss: Loss): FolderNode {
  const names = loss === "all-unsynced" ? node.durable : node.entries;
  const left = folder();
  for (const [name, entry] of names) {
    left.entries.set(name, entry.kind === "folder" ? survive(entry, loss) : keep(dataLeft(entry, loss)));
  }
  left.durable = new Map(left.entries);
  return left;
}

function dataLeft({ data, durable }: FileNode, loss: Loss): Uint8Array {
  if (loss === "nothing-lost") return data;
  return loss === "torn" && data !== durable ? data.subarray(0, data.length >> 1) : durable;
}

function keep(data: Uint8Array): FileNode {
  return { kind: "file", data, durable: data };
}

function settle(node: FolderNode): void {
  node.durable = new Map(node.entries);
  for (const entry of node.entries.values()) if (entry.kind === "folder") settle(entry);
}

function walk(node: FolderNode, path: string): string[] {
  return [...node.entries].flatMap(([name, entry]) =>
    entry.kind === "folder" ? walk(entry, `${path}/${name}`) : [`${path}/${name}`],
  );
}
