/** Keys for encrypted images are texts `path[:password]` (spec/config.md §3); what leaves the device shows the path alone. */

/** Ways to give a password that are no secret themselves. */
const HARMLESS = /^(?:file|fd)=/;

/** `***` stands where a password stands. */
export function withoutPassword(key: string): string {
  const at = key.indexOf(":");
  return at === -1 || HARMLESS.test(key.slice(at + 1)) ? key : `${key.slice(0, at)}:***`;
}
