/** Log records for the system's log (the form of RFC 3164, over /dev/log); what it does not take goes where logs go without it. */

import type { LogLevel, LogRecord, LogSink } from "./log.ts";
import { isEnabled } from "./log.ts";
import { formatRecord } from "./text-log.ts";
import { sendUnixDatagram } from "./unix-datagram.ts";

export const SYSTEM_LOG_SOCKET = "/dev/log";
/** syslog(3): system daemons. */
const FACILITY = 3;
const SEVERITIES: Readonly<Record<LogLevel, number>> = { ERROR: 3, WARN: 4, INFO: 6, DEBUG: 7, TRACE: 7 };
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
/** What the usual daemons take in one message. */
const LONGEST_BYTES = 8192;

export interface SystemLogParts {
  /** Name of the program, as readers of the system's log know it. */
  readonly tag: string;
  /** Asked at each record, so that it can change while running. */
  readonly level: () => LogLevel;
  /** RFC 3339, UTC. */
  readonly stamp: () => string;
  /** Takes the records that the system's log does not take, and why. */
  readonly fallback: LogSink;
  /** Socket of the system's log. */
  readonly socket: string;
}

/** Asks the system's log anew at each record: it may start late or be restarted. */
export function createSystemLogSink(parts: SystemLogParts): LogSink {
  const { level, stamp, fallback, socket } = parts;
  let isAway = false;
  return (record) => {
    if (!isEnabled(record.level, level())) return;
    try {
      sendUnixDatagram(socket, systemLogMessage(record, stamp(), parts.tag));
      isAway = false;
    } catch (thrown) {
      if (!isAway) fallback(awayRecord(record.module, thrown));
      isAway = true;
      fallback(record);
    }
  };
}

/** One datagram; a longer record is cut. The time at its beginning is local, as the form wants it. */
export function systemLogMessage(record: LogRecord, stamp: string, tag: string): Buffer {
  const priority = FACILITY * 8 + SEVERITIES[record.level];
  const line = formatRecord(record, stamp).trimEnd();
  const text = `<${priority}>${shortTime(new Date(stamp))} ${tag}[${process.pid}]: ${line}`;
  return Buffer.from(text, "utf8").subarray(0, LONGEST_BYTES);
}

function shortTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2, " ")} ${clock}`;
}

/** In the peer's words (spec/config.md §3 "log"). */
function awayRecord(module: string, thrown: unknown): LogRecord {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return { level: "WARN", module, message: `could not enable sys log due to error ${reason}`, fields: {} };
}
