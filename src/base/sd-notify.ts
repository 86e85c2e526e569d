/** Word to the supervisor that started us (sd_notify(3)): ready, stopping, status, watchdog. Nothing without one. */

import { sendUnixDatagram } from "./unix-datagram.ts";

export interface SupervisorNews {
  /** Start-up is over; READY=1. */
  readonly ready?: true;
  /** The end has begun; STOPPING=1. */
  readonly stopping?: true;
  /** One line for `systemctl status`. */
  readonly status?: string;
  /** Still alive; WATCHDOG=1. */
  readonly alive?: true;
}

/**
 * Tells the supervisor; false when there is none. The process is the only one that may speak, so children must not inherit
 * NOTIFY_SOCKET. Throws SC_IO when the supervisor's socket cannot be reached.
 */
export function notifySupervisor(news: SupervisorNews, environment = process.env): boolean {
  const path = environment["NOTIFY_SOCKET"];
  if (path === undefined || path === "") return false;
  const lines: string[] = [];
  if (news.ready === true) lines.push("READY=1");
  if (news.stopping === true) lines.push("STOPPING=1");
  if (news.status !== undefined) lines.push(`STATUS=${news.status.replaceAll("\n", " ")}`);
  if (news.alive === true) lines.push("WATCHDOG=1");
  if (lines.length > 0) sendUnixDatagram(path, Buffer.from(lines.join("\n"), "utf8"));
  return true;
}

/** How often the supervisor wants to hear that we are alive (half of its limit); undefined when it does not watch us. */
export function watchdogIntervalMs(environment = process.env, pid = process.pid): number | undefined {
  const limitMicros = Number(environment["WATCHDOG_USEC"]);
  const watched = environment["WATCHDOG_PID"];
  if (!Number.isFinite(limitMicros) || limitMicros <= 0) return undefined;
  if (watched !== undefined && watched !== String(pid)) return undefined;
  return limitMicros / 2000;
}
