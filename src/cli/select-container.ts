/** Which container a command means: by id or by name, never both (spec/cli.md §1.1). */

import type { ContainersClient } from "../api/containers-client.ts";
import type { Container } from "../model/container.ts";
import { CommandError } from "./command.ts";

export async function selectContainer(
  client: ContainersClient,
  id: string | undefined,
  name: string,
  signal: AbortSignal,
): Promise<Container> {
  if ((id === undefined || id === "") && name === "") {
    throw new CommandError("You must provide either an ID or a name for the container via --name (-n) ");
  }
  if (id !== undefined && id !== "" && name !== "") {
    throw new CommandError(
      "Container ID and --name (-n) cannot be provided at the same time - use only one of them",
    );
  }
  if (name === "") {
    const found = await client.get(id ?? "", signal);
    if (found === undefined) throw new CommandError(`The requested container with ID = ${id} was not found.`);
    return found;
  }
  const [first, second] = (await client.list(signal)).filter((container) => container.name === name);
  if (first === undefined) {
    throw new CommandError(
      `The requested container with name = ${name} was not found. Try using an ID instead.`,
    );
  }
  if (second !== undefined) {
    throw new CommandError(
      `There are more than one containers with name = ${name}. Try using an ID instead.`,
    );
  }
  return first;
}
