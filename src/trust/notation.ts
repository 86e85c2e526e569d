/**
 * Signatures of the Notary Project, checked by its own program `notation` (docs/decisions/0070): trust policy and trust store
 * are those of its configuration folder. What cannot be checked is not pulled.
 */

import type { Log } from "../base/log.ts";
import { type CommandResult, childEnvironment, runCommand } from "../base/process.ts";
import { SupercargoError } from "../errors/error.ts";
import type { ImageVerifier } from "../images/verifier.ts";
import { credentialsOf } from "../registry/credentials.ts";
import type { Repository } from "../registry/repository.ts";
import type { RegistrySettings } from "../registry/settings.ts";
import { findProgram } from "./find-program.ts";

/** As the peer: more signatures than these are not looked at (spec/config.md §4). */
const MAX_SIGNATURES = 50;
/** Registry, plugins and lists of revoked certificates are asked. */
const LIMIT_MS = 120_000;
const PROGRAM = "notation";

export interface NotationOptions {
  /** Keys of `image_verifier_config`: `configDir`, `libexecDir`, and ours: `program`. */
  readonly config: Readonly<Record<string, string>>;
  readonly registries: () => RegistrySettings;
  readonly log: Log;
}

export function notationVerifier(options: NotationOptions): ImageVerifier {
  return async (name, repository, signal) => {
    const program = await programOf(options.config["program"] ?? PROGRAM);
    const subject = `${repository.host}/${repository.reference.repository}@${repository.digest}`;
    const registries = options.registries();
    const isInsecure = registries.insecure.includes(repository.host);
    const flags = [
      "--max-signatures",
      String(MAX_SIGNATURES),
      ...(isInsecure ? ["--insecure-registry"] : []),
    ];
    const result = await runCommand([program, "verify", ...flags, subject], {
      env: await environment(repository, registries, options),
      timeoutMs: LIMIT_MS,
      signal,
    });
    if (result.exitCode !== 0) throw untrusted(name, repository, result);
    options.log.info("signature verified", {
      image: name,
      digest: repository.digest,
      said: lastLine(result.stdout),
    });
  };
}

/** Secrets go by the environment: a process list shows arguments. */
async function environment(
  { host }: Repository,
  registries: RegistrySettings,
  { config, log }: NotationOptions,
): Promise<Record<string, string>> {
  const credentials = await credentialsOf(host, registries, log);
  const rootCa = registries.entries.get(host)?.transport?.rootCa ?? "";
  const { HOME = "/root" } = childEnvironment();
  return {
    HOME,
    ...(config["configDir"] === undefined ? {} : { NOTATION_CONFIG: config["configDir"] }),
    ...(config["libexecDir"] === undefined ? {} : { NOTATION_LIBEXEC: config["libexecDir"] }),
    ...(rootCa === "" ? {} : { SSL_CERT_FILE: rootCa }),
    ...(credentials === undefined
      ? {}
      : { NOTATION_USERNAME: credentials.userId, NOTATION_PASSWORD: credentials.password }),
  };
}

async function programOf(named: string): Promise<string> {
  const program = await findProgram(named);
  if (program !== undefined) return program;
  throw new SupercargoError(
    "SC_TRUST_TOOL",
    `signatures cannot be checked, so nothing is pulled: the program ${named} is not there`,
    {
      hint: "install notation of the Notary Project, or name it by the key program in containers.image_verifier_config; containers.image_verifier_type none pulls without a check",
      fields: { program: named },
    },
  );
}

function untrusted(name: string, repository: Repository, result: CommandResult): SupercargoError {
  const said = lastLine(result.stderr) || lastLine(result.stdout) || `exit code ${result.exitCode}`;
  return new SupercargoError(
    "SC_IMAGE_UNTRUSTED",
    `signature verification failed for all signatures of ${name}: ${said}`,
    {
      hint: "is it signed, and do trust policy and trust store in configDir fit? notation verify says more with --verbose",
      fields: { image: name, registry: repository.host, digest: repository.digest },
    },
  );
}

function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").slice(0, 1000);
}
