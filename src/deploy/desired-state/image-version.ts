/** The version that an image reference says: its digest, its tag, or `n/a` (spec/update-agent.md §4.4). */

export function imageVersion(reference: string): string {
  const last = reference.slice(reference.lastIndexOf("/") + 1);
  const at = last.indexOf("@");
  if (at >= 0) return last.slice(at + 1);
  const colon = last.indexOf(":");
  return colon >= 0 ? last.slice(colon + 1) : "n/a";
}
