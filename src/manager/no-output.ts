/** Stands for the output of a task whose FIFOs could not be opened again. */

import type { TaskStdio } from "../engine/engine.ts";
import { SupercargoError } from "../errors/error.ts";
import { NO_LOSSES } from "../logs/log-writer.ts";
import type { Output } from "../logs/logs.ts";

export class NoOutput implements Output {
  readonly ended = Promise.resolve();
  readonly losses = NO_LOSSES;

  constructor(readonly stdio: TaskStdio) {}

  listen(): () => void {
    return () => {};
  }

  async write(): Promise<void> {
    throw new SupercargoError("SC_IO", "the container's input cannot be reached", {
      hint: "restart the container",
    });
  }

  endInput(): void {}

  async close(): Promise<void> {}
}
