/** Where the daemon's log goes, as the configuration's `log` section wants it (spec/config.md §3 "log"). */

import { systemClock } from "../base/clock.ts";
import { createJournalSink, isJournal } from "../base/journal-log.ts";
import { createLog, type Log, type LogLevel, type LogSink } from "../base/log.ts";
import { RotatingFile } from "../base/rotating-file.ts";
import { createSystemLogSink, SYSTEM_LOG_SOCKET } from "../base/system-log.ts";
import { createTextSink } from "../base/text-log.ts";
import { type DaemonConfig, DEFAULT_CONFIG } from "../config/daemon-config.ts";

const MB = 1024 * 1024;
const DAY_MS = 86_400_000;
const TAG = "container-management";

/** A file, else the system's log when that is wanted, else standard output. @param level asked at each record */
export function openDaemonLog(
  { log }: Pick<DaemonConfig, "log">,
  level: () => LogLevel,
  socket = SYSTEM_LOG_SOCKET,
): Log {
  const stamp = () => systemClock.stamp();
  if (log.file === "") {
    const output = outputSink(level, stamp);
    const sink = log.syslog
      ? createSystemLogSink({ tag: TAG, level, stamp, fallback: output, socket })
      : output;
    return createLog("daemon", sink);
  }
  const file = new RotatingFile(log.file, {
    maxBytes: (log.fileSize === 0 ? DEFAULT_CONFIG.log.fileSize : log.fileSize) * MB,
    maxFiles: log.fileCount,
    maxAgeMs: log.fileMaxAge === 0 ? Number.POSITIVE_INFINITY : log.fileMaxAge * DAY_MS,
  });
  const daemonLog = createLog(
    "daemon",
    createTextSink((line) => file.write(line), level, stamp),
  );
  if (log.syslog) {
    daemonLog.warn("both sys log and log file are configured for daemon debug - log file will be used only");
  }
  return daemonLog;
}

function outputSink(level: () => LogLevel, stamp: () => string): LogSink {
  const createSink = isJournal(1) ? createJournalSink : createTextSink;
  return createSink((line) => process.stdout.write(line), level, stamp);
}
