/** Levels for the journal: a line on standard output that begins with `<N>` gets that priority (sd-daemon(3)). */

import { fstatSync } from "node:fs";
import type { LogLevel, LogRecord, LogSink } from "./log.ts";
import { isEnabled } from "./log.ts";
import { formatRecord } from "./text-log.ts";

/** Priorities of syslog(3). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { ERROR: 3, WARN: 4, INFO: 6, DEBUG: 7, TRACE: 7 };

/** Whether the descriptor is the journal's: JOURNAL_STREAM holds device and inode of it (systemd.exec(5)). */
export function isJournal(descriptor: number, environment = process.env): boolean {
  const stream = environment["JOURNAL_STREAM"];
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return stream === `${dev}:${ino}`;
}

export function formatJournalRecord(record: LogRecord, stamp: string): string {
  return `<${PRIORITIES[record.level]}>${formatRecord(record, stamp)}`;
}

/** @param level asked at each record, so that it can change while running. */
export function createJournalSink(
  write: (line: string) => void,
  level: () => LogLevel,
  stamp: () => string,
): LogSink {
  return (record) => {
    if (isEnabled(record.level, level())) write(formatJournalRecord(record, stamp()));
  };
}
