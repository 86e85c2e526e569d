/** Log lines as Rust's env_logger writes them, and its filter from RUST_LOG (spec/kad.md §3). */

import { isEnabled, LOG_LEVELS, type LogLevel, type LogRecord, type LogSink } from "../base/log.ts";

interface Directive {
  /** Module and those below it; empty = all. */
  readonly module: string;
  readonly level: LogLevel | "OFF";
}

export interface LogFilter {
  readonly directives: readonly Directive[];
  /** Only lines that contain this text; empty = all. */
  readonly text: string;
  /** Parts that could not be understood. */
  readonly ignored: readonly string[];
}

/** Reads `level`, `module`, `module=level`, separated by commas, and `/text` at the end. Unset means info. */
export function parseLogFilter(setting: string | undefined): LogFilter {
  if (setting === undefined) return { directives: [{ module: "", level: "INFO" }], text: "", ignored: [] };
  const [list = "", ...text] = setting.split("/");
  const directives: Directive[] = [];
  const ignored: string[] = [];
  for (const part of list.split(",").map((one) => one.trim())) {
    if (part === "") continue;
    const [module = "", level, ...more] = part.split("=");
    const alone = levelOf(module);
    if (level === undefined && alone !== undefined) directives.push({ module: "", level: alone });
    else if (level === undefined || level === "") directives.push({ module, level: "TRACE" });
    else {
      const named = levelOf(level);
      if (named === undefined || more.length > 0) ignored.push(part);
      else directives.push({ module, level: named });
    }
  }
  // Set, and nothing usable in it: errors only.
  if (directives.length === 0) directives.push({ module: "", level: "ERROR" });
  return { directives, text: text.join("/"), ignored };
}

/** The directive with the longest matching module decides. */
export function passes(filter: LogFilter, record: LogRecord): boolean {
  const matching = filter.directives
    .filter((one) => record.module.startsWith(one.module))
    .reduce<Directive | undefined>(
      (best, one) => (best === undefined || one.module.length >= best.module.length ? one : best),
      undefined,
    );
  if (matching === undefined || matching.level === "OFF") return false;
  return isEnabled(record.level, matching.level) && record.message.includes(filter.text);
}

const RESET = "\u001b[0m";
const GREY = "\u001b[38;5;8m";
const COLOURS: Readonly<Record<LogLevel, string>> = {
  ERROR: "\u001b[1m\u001b[31m",
  WARN: "\u001b[33m",
  INFO: "\u001b[32m",
  DEBUG: "\u001b[34m",
  TRACE: "\u001b[36m",
};

/** `[2023-04-18T10:27:21Z INFO  module] text`; later lines of a text are indented by four blanks. */
export function formatLine(record: LogRecord, stamp: string, hasColour: boolean): string {
  const time = `${stamp.slice(0, 19)}Z`;
  const level = record.level.padEnd(5);
  const message = record.message.replaceAll("\n", "\n    ");
  if (!hasColour) return `[${time} ${level} ${record.module}] ${message}\n`;
  const open = `${GREY}[${RESET}`;
  const close = `${GREY}]${RESET}`;
  return `${open}${time} ${COLOURS[record.level]}${level}${RESET} ${record.module}${close} ${message}\n`;
}

export interface EnvLoggerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** RFC 3339, UTC. */
  readonly stamp: () => string;
  readonly write: (text: string) => void;
}

/** A sink that obeys RUST_LOG and RUST_LOG_STYLE. */
export function createEnvLogger(options: EnvLoggerOptions): LogSink {
  const filter = parseLogFilter(options.environment["RUST_LOG"]);
  const style = options.environment["RUST_LOG_STYLE"];
  const hasColour = style === "always" || (style !== "never" && options.isTerminal);
  for (const part of filter.ignored) options.write(`warning: invalid logging spec '${part}', ignoring it\n`);
  return (record) => {
    if (passes(filter, record)) options.write(formatLine(record, options.stamp(), hasColour));
  };
}

function levelOf(text: string): LogLevel | "OFF" | undefined {
  const upper = text.toUpperCase();
  return upper === "OFF" ? "OFF" : LOG_LEVELS.find((level) => level === upper);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\0": "\\0",
};

/** A path between quotation marks, as Rust's debug form escapes it. */
export function quoted(path: string): string {
  return path.replace(
    /[\\"\p{Cc}]/gu,
    (character) => ESCAPES[character] ?? `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
}
