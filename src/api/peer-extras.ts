/** A wish with extras and a daemon of Kanto's, which has no place for them: what can be done without, and what cannot. */

import { SupercargoError } from "../errors/error.ts";
import type { DesiredContainer } from "../model/container.ts";
import type { Extras } from "../model/extras.ts";
import { EXTRAS_PATHS } from "../model/extras-rules.ts";

/** Without these a container runs as it is meant to; it is only described, watched or fetched differently. */
const HARMLESS: ReadonlySet<keyof Extras> = new Set(["labels", "healthcheck", "pullPolicy"]);

/** The same container in Kanto's form. */
export interface WithoutExtras {
  readonly desired: DesiredContainer;
  /** Keys, as a manifest spells them, that are left out without harm. */
  readonly leftOut: readonly string[];
}

/** As a manifest of Kanto's form spells it. */
function manifestKey(path: string): string {
  return path.replace(/^mounts/, "mount_points").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether Kanto's daemon does this anyway: it filters nothing and confines nothing. */
function isKantosWay(extras: Extras, key: keyof Extras): boolean {
  return (key === "seccompProfile" || key === "apparmorProfile") && extras[key] === "unconfined";
}

/** SC_UNSUPPORTED that names the keys without which the container would be another one. */
export function withoutExtras(desired: DesiredContainer): WithoutExtras {
  const { extras, ...rest } = desired;
  if (extras === undefined) return { desired, leftOut: [] };
  const given = (Object.keys(EXTRAS_PATHS) as (keyof Extras)[]).filter(
    (key) => extras[key] !== undefined && !isKantosWay(extras, key),
  );
  const needed = given.filter((key) => !HARMLESS.has(key)).map((key) => manifestKey(EXTRAS_PATHS[key]));
  if (needed.length > 0) {
    throw new SupercargoError(
      "SC_UNSUPPORTED",
      `the daemon is Kanto's and cannot do what container ${desired.name} asks for: ${needed.join(", ")}`,
      {
        hint: "run Supercargo's container-management, or take these keys out of the manifest",
        fields: { container: desired.name },
      },
    );
  }
  return { desired: rest, leftOut: given.map((key) => manifestKey(EXTRAS_PATHS[key])) };
}
