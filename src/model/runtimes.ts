/** Runtimes that a container can name (spec/grpc-api.md §5). */

const RUNC: ReadonlySet<string> = new Set([
  "io.containerd.runtime.v1.linux",
  "io.containerd.runc.v1",
  "io.containerd.runc.v2",
]);
const OTHERS: ReadonlySet<string> = new Set(["io.containerd.runsc.v1", "io.containerd.kata.v2"]);

/** One of runc's names: the daemon's own runtime takes its place at each start, and is stored (spec/engine.md §6). */
export function isRuncRuntime(name: string): boolean {
  return RUNC.has(name);
}

/** gVisor or Kata containers: used as named. */
export function isOtherRuntime(name: string): boolean {
  return OTHERS.has(name);
}

/** Any other name is passed over in favour of the daemon's runtime, as in the peer; unlike there it is said. */
export function isKnownRuntime(name: string): boolean {
  return isRuncRuntime(name) || isOtherRuntime(name);
}
