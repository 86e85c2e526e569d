/**
 * Stands in for the daemon in logs.test.ts: opens the logs of an exec root and does what it is told, one JSON value per line
 * on stdin, one answer per line on stdout. It can be killed like a daemon.
 */

import { systemClock } from "../../src/base/clock.ts";
import { createLog } from "../../src/base/log.ts";
import type { TaskStdio } from "../../src/engine/engine.ts";
import { FifoLogs } from "../../src/logs/fifo-logs.ts";
import type { Output } from "../../src/logs/logs.ts";

export interface Order {
  readonly act: "create" | "reattach" | "close" | "sweep" | "exit";
  readonly id: string;
  readonly logDir: string;
  readonly mode?: string;
  readonly stdio?: TaskStdio;
  readonly keep?: boolean;
  readonly maxFiles?: number;
  readonly maxSize?: string;
}

const [execRoot = "/nowhere", holdMs = "30000"] = process.argv.slice(2);
const log = createLog("stand-in", ({ level, message, fields }) => {
  console.error(level, message, JSON.stringify(fields));
});
const logs = new FifoLogs({ execRoot, clock: systemClock, log, holdMs: Number(holdMs) });
const outputs = new Map<string, Output>();
const never = new AbortController().signal;

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function follow(id: string, output: Output): void {
  outputs.set(id, output);
  void output.ended.then(() => answer({ ended: id }));
}

async function obey(order: Order): Promise<void> {
  const { id, logDir } = order;
  const request = {
    id,
    logDir,
    tty: false,
    openStdin: false,
    logConfig: {
      driver: {
        type: "json-file",
        maxFiles: order.maxFiles ?? 20,
        maxSize: order.maxSize ?? "10M",
        rootDir: "",
      },
      mode: { mode: order.mode ?? "blocking", maxBufferSize: "1M" },
    },
  };
  if (order.act === "create") follow(id, await logs.create(request));
  if (order.act === "reattach" && order.stdio !== undefined)
    follow(id, await logs.reattach(request, order.stdio));
  if (order.act === "close") await outputs.get(id)?.close(order.keep === true);
  if (order.act === "sweep") await logs.sweep(new Set(outputs.keys()));
  if (order.act === "exit") await logs.close(order.keep === true);
  answer({ done: order.act, id, stdio: outputs.get(id)?.stdio });
  if (order.act === "exit") process.exit(0);
}

await logs.open(never);
answer({ done: "open" });
for await (const line of console) await obey(JSON.parse(line));
