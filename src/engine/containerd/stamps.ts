/** containerd's time stamps as texts: RFC 3339 with nanoseconds. */

import { formatStamp } from "../../base/clock.ts";
import type { Timestamp } from "./gen/google/protobuf/timestamp.ts";

/** Empty for "no time", which containerd sends as nothing or as the year 1. */
export function stampOf(timestamp: Timestamp | undefined): string {
  if (timestamp === undefined || timestamp.seconds <= 0) return "";
  return formatStamp(BigInt(timestamp.seconds) * 1_000_000_000n + BigInt(timestamp.nanos));
}
