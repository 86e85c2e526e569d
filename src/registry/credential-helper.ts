/**
 * Docker's credential helpers: `docker-credential-<name> get`, the server on its input, a JSON object on its output
 * (docker-credential-helpers' protocol). Only helpers that the configuration names are run.
 */

import { runCommand } from "../base/process.ts";
import { hasCode, SupercargoError, toError } from "../errors/error.ts";
import type { Credentials } from "./settings.ts";

const LIMIT_MS = 20_000;
/** A name, never a path: what is run has to be in PATH. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What a helper answers as user when its secret is a refresh token. */
const TOKEN_USER = "<token>";
/** Words of helpers that have nothing for a server; all others are failures. */
const NOTHING = /credentials not found|no credentials/i;

/**
 * What the helper has for `server`; undefined = nothing. Throws SC_REGISTRY_CONFIG when it cannot be run or speaks another
 * protocol, SC_REGISTRY_UNAVAILABLE when it fails or is too slow: helpers of clouds ask over the network.
 */
export async function askHelper(
  host: string,
  helper: string,
  server: string,
  limitMs = LIMIT_MS,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  if (!NAME.test(helper)) throw fault("SC_REGISTRY_CONFIG", host, program, "that is no helper's name");
  let result: Awaited<ReturnType<typeof runCommand>>;
  try {
    result = await runCommand([program, "get"], { input: `${server}\n`, timeoutMs: limitMs });
  } catch (thrown) {
    const code = hasCode(thrown, "SC_TIMEOUT") ? "SC_REGISTRY_UNAVAILABLE" : "SC_REGISTRY_CONFIG";
    throw fault(code, host, program, toError(thrown).message, thrown);
  }
  if (result.exitCode !== 0) {
    // Helpers complain on stdout; their words can hold no secret, since they had none.
    const words = `${result.stdout} ${result.stderr}`.replace(/[\p{Cc}\s]+/gu, " ").trim();
    if (NOTHING.test(words)) return undefined;
    const reason = `it ended with exit code ${result.exitCode} (${words.slice(0, 200)})`;
    throw fault("SC_REGISTRY_UNAVAILABLE", host, program, reason);
  }
  return readAnswer(host, program, result.stdout);
}

function readAnswer(host: string, program: string, text: string): Credentials {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    answer = undefined;
  }
  const record = typeof answer === "object" && answer !== null ? Object.entries(answer) : [];
  const textOf = (key: string): string => {
    const value: unknown = record.find(([name]) => name === key)?.[1];
    return typeof value === "string" ? value : "";
  };
  const userId = textOf("Username");
  const secret = textOf("Secret");
  if (secret === "") throw fault("SC_REGISTRY_CONFIG", host, program, "its answer holds no Secret");
  if (userId === TOKEN_USER) return { userId: "", password: "", identityToken: secret };
  return { userId, password: secret };
}

function fault(
  code: "SC_REGISTRY_CONFIG" | "SC_REGISTRY_UNAVAILABLE",
  host: string,
  program: string,
  reason: string,
  cause?: unknown,
): SupercargoError {
  return new SupercargoError(code, `${program} gives no credentials for registry ${host}: ${reason}`, {
    hint: `try it by hand: echo ${host} | ${program} get`,
    fields: { registry: host, helper: program },
    ...(cause === undefined ? {} : { cause }),
  });
}
