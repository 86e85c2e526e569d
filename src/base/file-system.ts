/**
 * The file calls by which state is written and taken away, one by one. They stand behind an interface so that tests can
 * cut the power before, between and in the middle of any of them.
 */

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Each call is one step on the disk; errors are node's, with their `code`. */
export interface FileSystem {
  /** Opens a new file for writing; an existing one is EEXIST. */
  create(path: string, mode: number): number;
  /** Opens a folder, to sync it. */
  openFolder(path: string): number;
  /** Answers how many bytes were taken. */
  write(descriptor: number, data: Uint8Array, from: number): number;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Missing parents are made too; answers the first folder that was made, undefined when all were there. */
  makeFolder(path: string, mode: number): string | undefined;
  /** Folder and all below it; missing is fine. */
  removeTree(path: string): void;
  list(path: string): readonly FolderEntry[];
  read(path: string): Uint8Array;
}

export const realFileSystem: FileSystem = {
  create: (path, mode) => openSync(path, "wx", mode),
  openFolder: (path) => openSync(path, "r"),
  write: (descriptor, data, from) => writeSync(descriptor, data, from),
  sync: (descriptor) => fsyncSync(descriptor),
  close: (descriptor) => closeSync(descriptor),
  rename: (from, to) => renameSync(from, to),
  unlink: (path) => unlinkSync(path),
  makeFolder: (path, mode) => mkdirSync(path, { mode, recursive: true }),
  removeTree: (path) => rmSync(path, { recursive: true, force: true }),
  list: (path) =>
    readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    })),
  read: (path) => readFileSync(path),
};

/** For what a power cut makes worthless anyhow: whole after a kill of the process, without waiting for the disk. */
export const unsyncedFileSystem: FileSystem = { ...realFileSystem, sync: () => {} };

/** Code such as `ENOSPC` of an error that a file call threw; undefined for all others. */
export function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" && "syscall" in thrown
    ? thrown.code
    : undefined;
}

/** Whether an error of a file call says that the file or folder is not there. */
export function isMissing(thrown: unknown): boolean {
  return errorCode(thrown) === "ENOENT";
}
