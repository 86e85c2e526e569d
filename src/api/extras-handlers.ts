/** Making, changing and showing containers with what only we can give them. */

import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { Container } from "../model/container.ts";
import { answering } from "./answering.ts";
import { extrasFromWire, extrasToWire, limitsFromWire } from "./extras-wire.ts";
import { resourcesFromWire, restartPolicyFromWire, wishFromWire } from "./from-wire.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";
import { containerToWire } from "./to-wire.ts";

const DEFAULT_ORIGIN = "grpc";

function extrasOf({ extras }: Container) {
  return extras && extrasToWire(extras);
}

export function extrasHandlers({
  keeper,
  whenReady,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "create" | "update" | "listExtras"> {
  return {
    create: ({ container, extras, originator }, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        if (container === undefined) {
          throw new SupercargoError("SC_CONTAINER_INVALID", "the container is missing");
        }
        const wish = { ...wishFromWire(container), extras: extrasFromWire(extras) };
        const made = await keeper.create(wish, originator === "" ? DEFAULT_ORIGIN : originator, signal);
        return { container: containerToWire(made), extras: extrasOf(made) };
      }),
    update: ({ id, restartPolicy, resources, limits }, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        await keeper.update(
          id,
          restartPolicy && restartPolicyFromWire(restartPolicy),
          resources && resourcesFromWire(resources),
          signal,
          limits && limitsFromWire(limits),
        );
        return {};
      }),
    listExtras: (_request, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        const all = keeper.list().flatMap(({ id, extras }) => (extras === undefined ? [] : [{ id, extras }]));
        return { extras: Object.fromEntries(all.map(({ id, extras }) => [id, extrasToWire(extras)])) };
      }),
  };
}
