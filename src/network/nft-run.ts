/** Running nftables scripts. */

import { runTool, toolFailed } from "./command.ts";

/** Runs a script as one transaction: all of it happens or nothing. @throws SC_NETWORK_FAILED */
export async function runScript(script: string, purpose: string): Promise<void> {
  const result = await runTool(["nft", "-f", "-"], { input: script });
  if (result.exitCode !== 0) throw toolFailed(result, purpose);
}
