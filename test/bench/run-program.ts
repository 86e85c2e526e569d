/** Runs a program to its end; a failure is an error with what it said. */

export async function runProgram(...command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, complaint, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}: ${complaint || output}`);
  return output;
}

/** Runs it and answers how long it took, in ms; nothing else happens in this process meanwhile. */
export function timeProgram(...command: string[]): number {
  const startedMs = performance.now();
  const { exitCode, stderr } = Bun.spawnSync(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const tookMs = performance.now() - startedMs;
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${exitCode}: ${stderr.toString()}`);
  return tookMs;
}
