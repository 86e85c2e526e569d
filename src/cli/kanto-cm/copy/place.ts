/** Places of `kanto-cm cp`: a path here, or `CONTAINER:PATH`. */

import { CommandError } from "../../command-error.ts";

export type CopyPlace =
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "container"; readonly word: string; readonly path: string };

/** A colon in a path here is written `./a:b`. */
export function copyPlace(text: string): CopyPlace {
  const [, word, path] = /^([A-Za-z0-9][^/:]*):(.*)$/s.exec(text) ?? [];
  if (word === undefined || path === undefined) return { kind: "local", path: text };
  if (!path.startsWith("/")) throw new CommandError(`${text}: the path in a container must begin with /`);
  return { kind: "container", word, path: path.replace(/(?<=.)\/+$/, "") };
}

/** Folder and last part of a path without a slash at its end. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const at = path.lastIndexOf("/");
  return { folder: at < 0 ? "." : path.slice(0, at) || "/", name: path.slice(at + 1) };
}
