/** The environment of a container: image, names that we add, the container's own (spec/engine.md §7 points 1–3). */

/** What a container gets when its image says nothing about the environment. */
export const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Lays `changes` over `base`: the same name replaces in place, a new one is appended, one without `=` removes. */
export function overlayEnvironment(base: readonly string[], changes: readonly string[]): string[] {
  const result = [...base];
  for (const change of changes) {
    const name = nameOf(change);
    const at = result.findIndex((entry) => nameOf(entry) === name);
    if (!change.includes("=")) {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) {
      result[at] = change;
    } else {
      result.push(change);
    }
  }
  return result;
}

/** Order seen at the peer: image (or the default PATH), HOSTNAME, TERM, container; runc itself adds HOME. */
export function containerEnvironment(
  image: readonly string[],
  hostName: string,
  tty: boolean,
  container: readonly string[],
): string[] {
  const base = image.length === 0 ? [DEFAULT_PATH] : image;
  const added = [`HOSTNAME=${hostName}`, ...(tty ? ["TERM=xterm"] : [])];
  return overlayEnvironment(overlayEnvironment(base, added), container);
}

function nameOf(entry: string): string {
  const end = entry.indexOf("=");
  return end < 0 ? entry : entry.slice(0, end);
}
