/** Containers as installed software (spec/digital-twin.md §5.3). */

import type { Container } from "../model/container.ts";

export interface Dependency {
  readonly group: string;
  readonly name: string;
  readonly version: string;
}

/** Group: the image's reference up to the first colon, be it of a port or of a digest; version: what follows. */
export function dependencyOf({ id, image }: Pick<Container, "id" | "image">): Dependency {
  const colon = image.name.indexOf(":");
  if (colon < 0) return { group: image.name, name: id, version: "" };
  return { group: image.name.slice(0, colon), name: id, version: image.name.slice(colon + 1) };
}

/** Only slashes are escaped. */
export function dependencyKey({ group, name, version }: Dependency): string {
  return `${group}.${name}:${version}`.replaceAll("/", "%2F");
}

/** undefined when there are none. */
export function installedDependencies(
  containers: readonly Container[],
): Readonly<Record<string, Dependency>> | undefined {
  if (containers.length === 0) return undefined;
  return Object.fromEntries(
    containers.map(dependencyOf).map((dependency) => [dependencyKey(dependency), dependency]),
  );
}
