/** Wishes for tests. */

import { fingerprintOf } from "../../../../src/deploy/fingerprint.ts";
import type { Occasion, Wish } from "../../../../src/deploy/wish.ts";
import type { DesiredContainer } from "../../../../src/model/container.ts";
import { type ContainerWish, fillDefaults } from "../../../../src/model/defaults.ts";

export interface WishParts extends Partial<Omit<Wish, "desired" | "fingerprint" | "occasion">> {
  readonly id?: string;
  readonly image?: string;
  readonly occasion?: Occasion;
  readonly more?: ContainerWish;
}

export function desiredContainer(parts: WishParts = {}): DesiredContainer {
  return fillDefaults({
    name: parts.name ?? "web",
    id: parts.id ?? "",
    image: { name: parts.image ?? "host/web:1" },
    ...parts.more,
  });
}

export function wish(parts: WishParts = {}): Wish {
  const desired = desiredContainer(parts);
  return {
    name: desired.name,
    desired,
    fingerprint: fingerprintOf(desired),
    source: parts.source ?? `${desired.name}.json`,
    modifiedNanos: parts.modifiedNanos ?? 1n,
    occasion: parts.occasion ?? "modified",
  };
}
