/** What Kanto would make of the containers that are there (spec/engine.md §6, §12). */

import type { Container } from "../../../model/container.ts";
import type { Extras } from "../../../model/extras.ts";
import type { Remark } from "./remark.ts";

export interface Held {
  readonly containers: readonly Container[];
  /** What Kanto's form has no place for, by id. */
  readonly extras: ReadonlyMap<string, Extras>;
  /** Names of the images that are whole. */
  readonly images: readonly string[];
}

export function kantosContainers({ containers, extras, images }: Held): readonly Remark[] {
  return containers.flatMap((container) => {
    const { id, name, image, hostConfig, manuallyStopped } = container;
    const subject = name === id ? name : `${name} (${id})`;
    const remarks: Remark[] = [];
    const own = Object.keys(extras.get(id) ?? {});
    if (own.length > 0) {
      const message = `Kanto runs it without ${own.join(", ")}`;
      remarks.push({ level: "warning", subject, message });
    }
    if (!images.includes(image.name)) {
      const message = `its image ${image.name} is not on the device, and Kanto pulls none at a start; get it: kanto-cm images pull ${image.name}`;
      remarks.push({ level: "problem", subject, message });
    }
    if (hostConfig.restartPolicy.type === "on-failure" && !manuallyStopped) {
      const message =
        "with the policy on-failure Kanto starts it again only when it ends with another code than 0";
      remarks.push({ level: "warning", subject, message });
    }
    return remarks;
  });
}

/** Names of those that Kanto starts by itself, in their order. */
export function startedByKanto(containers: readonly Container[]): readonly string[] {
  return containers.flatMap(({ name, hostConfig, manuallyStopped, state }) => {
    const { type } = hostConfig.restartPolicy;
    if (state.startedAt === "") return [];
    return type === "always" || (type === "unless-stopped" && !manuallyStopped) ? name : [];
  });
}
