/** `kanto-cm stats`: what running containers use, live on a terminal. */

import type { ContainerStats, StatsResponse } from "../../../api/gen/supercargo/v1/stats.ts";
import { SupercargoClient } from "../../../api/supercargo-client.ts";
import { CommandError } from "../../command-error.ts";
import { sizeText } from "../../human-text.ts";
import { RepaintedBlock } from "../../repainted-block.ts";
import { selectContainers } from "../../select-container.ts";
import { isLively } from "../../terminal.ts";
import { textTable } from "../../text-table.ts";
import { type Command, type CommandContext, JSON_FLAG } from "../command.ts";
import { onlyOurs } from "../only-ours.ts";
import { durationMs } from "../since-flag.ts";

const NOTHING = "-";
const LEAST_INTERVAL_MS = 100;
const HEAD = ["NAME", "CPU", "MEMORY", "LIMIT", "MEMORY %", "NET IN", "NET OUT", "READ", "WRITTEN", "PIDS"];

type Names = ReadonlyMap<string, string>;

function size(bytes: bigint | undefined): string {
  return bytes === undefined ? NOTHING : sizeText(Number(bytes));
}

function percent(value: number | undefined): string {
  return value === undefined ? NOTHING : `${value.toFixed(1)} %`;
}

function row(one: ContainerStats, names: Names): string[] {
  return [
    names.get(one.id) ?? one.id,
    percent(one.cpuPercent),
    size(one.memoryUsedBytes),
    size(one.memoryTotalBytes),
    percent(one.memoryPercent),
    size(one.networkReadBytes),
    size(one.networkWriteBytes),
    size(one.ioReadBytes),
    size(one.ioWriteBytes),
    one.pids?.toString() ?? NOTHING,
  ];
}

function table({ containers }: StatsResponse, names: Names): string {
  const rows = containers
    .map((one) => row(one, names))
    .sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
  return textTable([HEAD, ...rows]);
}

function json({ time, containers }: StatsResponse, names: Names): string {
  const number = (value: bigint | number | undefined) => (value === undefined ? null : Number(value));
  return containers
    .map((one) =>
      JSON.stringify({
        time,
        id: one.id,
        name: names.get(one.id) ?? null,
        cpu_percent: number(one.cpuPercent),
        memory_used_bytes: number(one.memoryUsedBytes),
        memory_total_bytes: number(one.memoryTotalBytes),
        memory_percent: number(one.memoryPercent),
        io_read_bytes: number(one.ioReadBytes),
        io_write_bytes: number(one.ioWriteBytes),
        network_read_bytes: number(one.networkReadBytes),
        network_write_bytes: number(one.networkWriteBytes),
        pids: number(one.pids),
        warnings: one.warnings,
      }),
    )
    .map((line) => `${line}\n`)
    .join("");
}

async function namesById({ client, signal }: CommandContext): Promise<Names> {
  return new Map((await client.list(signal)).map(({ id, name }) => [id, name]));
}

async function show(context: CommandContext, ids: readonly string[], intervalMs: number): Promise<void> {
  const { values, connection, terminal, signal, out } = context;
  let names = await namesById(context);
  using stack = new DisposableStack();
  const isRepainted = intervalMs > 0 && !values.bool("json") && isLively(terminal, "stdout");
  const block = isRepainted
    ? stack.use(new RepaintedBlock({ write: out, size: () => terminal.size() }))
    : undefined;
  for await (const look of new SupercargoClient(connection).stats(ids, intervalMs, signal)) {
    if (look.containers.some(({ id }) => !names.has(id))) names = await namesById(context);
    if (block !== undefined) block.paint(table(look, names).split("\n").slice(0, -1));
    else out(values.bool("json") ? json(look, names) : table(look, names));
  }
}

export const statsCommand: Command = {
  name: "stats",
  isOurs: true,
  usage: "stats [container]...",
  short: "Show what running containers use.",
  long: [
    "Show what running containers use of CPU (100 % = all CPUs of the machine), memory, network and storage,",
    "again and again until Ctrl-C.",
  ].join("\n"),
  examples: ["stats", "stats --once --json <container>", "stats --interval 5s"],
  interspersed: true,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "containers",
  flags: [
    { name: "once", kind: "bool", fallback: "false", usage: "One look, then the end." },
    { name: "interval", kind: "string", fallback: "1s", usage: "From one look to the next." },
    { ...JSON_FLAG, usage: "One JSON object a line for each container and look." },
  ],
  async run(context) {
    const { values, args, client, signal } = context;
    const intervalMs = durationMs(values.text("interval")) ?? 0;
    if (intervalMs < LEAST_INTERVAL_MS)
      throw new CommandError(`--interval must be at least ${LEAST_INTERVAL_MS}ms`);
    const ids = args.length === 0 ? [] : (await selectContainers(client, args, signal)).map(({ id }) => id);
    await onlyOurs("stats", () => show(context, ids, values.bool("once") ? 0 : intervalMs));
  },
};
