/** Log records as lines `time="..." level=info msg="..." key=value`, the form that readers of the peer's log know. */

import type { LogLevel, LogRecord, LogSink } from "./log.ts";
import { isEnabled } from "./log.ts";

const LEVEL_NAMES: Readonly<Record<LogLevel, string>> = {
  ERROR: "error",
  WARN: "warning",
  INFO: "info",
  DEBUG: "debug",
  TRACE: "trace",
};
const PLAIN = /^[\w.:/@+-]+$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}

export function formatRecord(record: LogRecord, stamp: string): string {
  const fields = Object.entries(record.fields).map(([key, value]) =>
    value === undefined ? "" : ` ${key}=${quoted(String(value))}`,
  );
  const message = JSON.stringify(record.message);
  return `time="${stamp}" level=${LEVEL_NAMES[record.level]} msg=${message} module=${quoted(record.module)}${fields.join("")}\n`;
}

/** @param level asked at each record, so that it can change while running. */
export function createTextSink(
  write: (line: string) => void,
  level: () => LogLevel,
  stamp: () => string,
): LogSink {
  return (record) => {
    if (isEnabled(record.level, level())) write(formatRecord(record, stamp()));
  };
}
