/** Signals to one process and no other: 0 and -1 would mean a whole group or everything that runs. */
export function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || pid <= 1) throw new Error(`there is no process to send ${signal} to (${pid})`);
  process.kill(pid, signal);
}
