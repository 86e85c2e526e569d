/** Small wishes and containers for tests of logic. */

import type { Container, DesiredContainer } from "../../../src/model/container.ts";
import { type ContainerWish, fillDefaults, withDefaults } from "../../../src/model/defaults.ts";
import { creating, toCreated } from "../../../src/model/state.ts";

export const IMAGE = { name: "localhost:5000/demo/web:1.0" };

/** A wish with defaults filled. */
export function wish(changes: ContainerWish = {}): DesiredContainer {
  return fillDefaults({ name: "web", image: IMAGE, ...changes });
}

/** The container that Create makes of a wish. */
export function containerOf(changes: ContainerWish = {}): Container {
  return {
    ...withDefaults({ name: "web", image: IMAGE, ...changes }, () => "id-1"),
    resolvConfPath: "",
    hostsPath: "",
    hostnamePath: "",
    state: toCreated(creating()),
    created: "2026-01-01T00:00:00Z",
    manuallyStopped: false,
    restartCount: 0,
    startedSuccessfullyBefore: false,
  };
}
