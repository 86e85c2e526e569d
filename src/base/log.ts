/** Logging: a message in plain words, values in fields. Where lines go and how they look is the sink's business. */

export const LOG_LEVELS = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface LogRecord {
  readonly level: LogLevel;
  /** Room that speaks, e.g. `manager` or `kanto_auto_deployer::manifest_parser`. */
  readonly module: string;
  readonly message: string;
  readonly fields: LogFields;
}

export type LogSink = (record: LogRecord) => void;

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** The same sink under another module name. */
  module(name: string): Log;
}

export function createLog(module: string, sink: LogSink): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      sink({ level, module, message, fields });
  return {
    error: write("ERROR"),
    warn: write("WARN"),
    info: write("INFO"),
    debug: write("DEBUG"),
    trace: write("TRACE"),
    module: (name) => createLog(name, sink),
  };
}

export function isEnabled(level: LogLevel, threshold: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(threshold);
}

export const silentLog: Log = createLog("silent", () => {});
