/**
 * Texts that the peer does not refuse when they are wrong: it warns and goes on with a default, and so do we, since a
 * device whose daemon started with such a file must start with ours (spec/config.md §2).
 */

import { parseGoDurationMs } from "../base/go-duration.ts";
import { LOG_LEVELS } from "../base/log.ts";
import type { ConfigKey } from "./keys.ts";

export interface Settled {
  /** undefined = the default of the key. */
  readonly value: string | number | undefined;
  readonly warning?: string;
}

/** What a text of a lenient key stands for; other keys have their text as it is. */
export function settleText(key: ConfigKey, text: string): Settled {
  if (key.kind === "lenient-duration") return settleDuration(text);
  if (key.kind === "stop-timeout") {
    const settled = settleDuration(/^\d+$/.test(text) ? `${text}s` : text);
    // Fractions of a second are cut when the value is used.
    return typeof settled.value === "number"
      ? { ...settled, value: Math.trunc(settled.value / 1000) * 1000 }
      : settled;
  }
  if (key.path === "log.log_level") return settleLevel(text);
  if (key.path === "deployment.mode" && !["init", "update", "watch"].includes(text)) {
    const warning = `Invalid value '${text}' for deployment mode option, switching to default mode update`;
    return { value: "update", warning };
  }
  if (key.path === "connection.broker_url" && !/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text)) {
    const warning = `${JSON.stringify(text)} is no address of a broker such as "tcp://localhost:1883"`;
    return { value: text, warning };
  }
  return { value: text };
}

function settleDuration(text: string): Settled {
  const parsed = parseGoDurationMs(text);
  if (typeof parsed === "number" && parsed >= 0) return { value: parsed };
  return { value: undefined, warning: `Invalid Duration string: ${text}; the default is used` };
}

/** The peer falls silent for a level that it does not know; here it is the default, and another case is understood. */
function settleLevel(text: string): Settled {
  const level = LOG_LEVELS.find((known) => known === text.toUpperCase());
  if (level === text) return { value: text };
  const known = `the levels are ${LOG_LEVELS.join(", ")}`;
  return { value: level, warning: `${JSON.stringify(text)} is taken as ${level ?? "INFO"}; ${known}` };
}
