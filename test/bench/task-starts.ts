/** When containerd says that tasks have started, by its own clock: what news of a start is measured from. */

import { type Bench, stepSignal } from "./bench-device.ts";

export class TaskStarts {
  readonly #epochMs = new Map<string, number>();
  #onStart: () => void = () => {};

  private constructor(private readonly child: Bun.Subprocess<"ignore", "pipe", "inherit">) {
    void this.#read();
  }

  /** Resolves when it listens. */
  static async watch(bench: Bench): Promise<TaskStarts> {
    const command = ["ctr", "-a", bench.device.containerd.socket, "-n", bench.device.namespace, "events"];
    const starts = new TaskStarts(Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" }));
    // A start of a container of ours is the sign that events come.
    const [id = ""] = await bench.runMany(1, 1);
    for (let attempt = 0; !starts.#epochMs.has(id) && attempt < 20; attempt++) {
      await bench.device.client.stop(id, { timeoutSeconds: 1, force: true, signal: "SIGKILL" }, stepSignal());
      await bench.device.client.start(id, stepSignal());
      await Bun.sleep(50);
    }
    await bench.removeAll([id]);
    return starts;
  }

  async epochMs(id: string): Promise<number> {
    const signal = stepSignal();
    while (!this.#epochMs.has(id)) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#onStart = resolve;
        setTimeout(resolve, 100);
      });
    }
    return this.#epochMs.get(id) ?? Number.NaN;
  }

  async end(): Promise<void> {
    this.child.kill();
    await this.child.exited;
  }

  async #read(): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.#note(line);
    }
  }

  /** `2026-12-01 14:00:00.123456789 +0000 UTC <namespace> /tasks/start {"container_id":"…"}` */
  #note(line: string): void {
    const [, day, time, id] =
      /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\d* \+0000 UTC \S+ \/tasks\/start .*"container_id":"([^"]+)"/.exec(
        line,
      ) ?? [];
    if (id === undefined) return;
    this.#epochMs.set(id, Date.parse(`${day}T${time}Z`));
    this.#onStart();
  }
}
