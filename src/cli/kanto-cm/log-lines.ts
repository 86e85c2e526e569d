/** Records of logs for people: read from the daemon's messages, merged by time, printed with names in front. */

import type { Colour, Paint } from "../colour.ts";

export interface LogLine {
  /** What the daemon sent, without its line end. */
  readonly raw: string;
  /** RFC 3339; empty for a line that is no record. */
  readonly time: string;
  readonly stream: string;
  readonly text: string;
}

const NAME_COLOURS: readonly Colour[] = ["cyan", "yellow", "green", "magenta", "blue"];

/** A line that is no record of ours is shown as it is. */
export function readLogLine(raw: string): LogLine {
  try {
    const record: unknown = JSON.parse(raw);
    if (typeof record === "object" && record !== null && "log" in record && typeof record.log === "string") {
      const { time, stream } = record as { time?: unknown; stream?: unknown };
      return {
        raw,
        time: typeof time === "string" ? time : "",
        stream: typeof stream === "string" ? stream : "",
        text: record.log.replace(/\r?\n$/, ""),
      };
    }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  return { raw, time: "", stream: "", text: raw };
}

/** Messages hold one line or many, with or without a line end behind the last (spec/grpc-api.md §10). */
export async function* logLinesOf(
  messages: AsyncIterable<{ readonly log: string }>,
): AsyncGenerator<LogLine, void, undefined> {
  for await (const { log } of messages) {
    for (const raw of log.split("\n")) if (raw !== "") yield readLogLine(raw);
  }
}

export interface NamedLines {
  readonly name: string;
  readonly lines: AsyncIterable<LogLine>;
}

export interface NamedLine {
  readonly name: string;
  readonly line: LogLine;
}

/** All lines by time; each source is in order already. */
export async function* mergeByTime(
  sources: readonly NamedLines[],
): AsyncGenerator<NamedLine, void, undefined> {
  const open = await Promise.all(
    sources.map(async ({ name, lines }) => {
      const iterator = lines[Symbol.asyncIterator]();
      return { name, iterator, next: await iterator.next() };
    }),
  );
  for (;;) {
    let first: (typeof open)[number] | undefined;
    for (const source of open) {
      if (source.next.done === true) continue;
      if (first === undefined || first.next.done === true || source.next.value.time < first.next.value.time) {
        first = source;
      }
    }
    if (first === undefined || first.next.done === true) return;
    yield { name: first.name, line: first.next.value };
    first.next = await first.iterator.next();
  }
}

export interface LineForm {
  readonly withNames: boolean;
  readonly withTimes: boolean;
  readonly isJson: boolean;
}

/** Prints lines; names are as wide as the widest, each with a colour of its own. */
export class LinePrinter {
  readonly #width: number;
  readonly #colours: ReadonlyMap<string, Colour>;

  constructor(
    names: readonly string[],
    private readonly form: LineForm,
    private readonly paint: Paint,
  ) {
    this.#width = Math.max(0, ...names.map((name) => name.length));
    this.#colours = new Map(
      names.map((name, index) => [name, NAME_COLOURS[index % NAME_COLOURS.length] ?? "cyan"]),
    );
  }

  textOf({ name, line }: NamedLine): string {
    if (this.form.isJson) return `${jsonOf(name, line)}\n`;
    const head = this.form.withNames
      ? `${this.paint(this.#colours.get(name) ?? "cyan", name.padEnd(this.#width))} | `
      : "";
    const time = this.form.withTimes && line.time !== "" ? `${line.time} ` : "";
    return `${head}${time}${line.text}\n`;
  }
}

function jsonOf(container: string, { raw, time, stream, text }: LogLine): string {
  return time === ""
    ? JSON.stringify({ container, raw })
    : JSON.stringify({ container, time, stream, log: text });
}
