/** Which topics a subscription's filter means (MQTT 3.1.1 §4.7). */

/** Whether a topic may be published to and a text may stand in one: no wildcard, no NUL, not empty, at most 65,535 bytes. */
export function isTopic(text: string): boolean {
  return text !== "" && !/[#+\0]/.test(text) && Buffer.byteLength(text) <= 65_535;
}

export function matchesFilter(filter: string, topic: string): boolean {
  if (filter === topic) return true;
  if (topic.startsWith("$") !== filter.startsWith("$")) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [at, part] of wanted.entries()) {
    if (part === "#") return true;
    if (at >= levels.length) return false;
    if (part !== "+" && part !== levels[at]) return false;
  }
  return wanted.length === levels.length;
}
