/** `kanto-cm __complete`: what a shell may put in place of the last word; one a line, a TAB before its description. */

import type { ContainersClient } from "../../../api/containers-client.ts";
import { DaemonConnection } from "../../../api/daemon-connection.ts";
import { SupercargoError } from "../../../errors/error.ts";
import { type Flag, parseFlags } from "../../flags.ts";
import { parseHost } from "../../host-address.ts";
import type { Command, CommandContext } from "../command.ts";
import { COMMANDS, commandsOfGroup, GROUPS } from "../command-table.ts";
import { findCommand, nextWordIndex } from "../find-command.ts";
import { GLOBAL_FLAGS, HELP_FLAG } from "../globals.ts";

interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** A person waits at the keyboard. */
const DAEMON_LIMIT_MS = 1000;
/** Tells the script to offer files. */
const FILES: Candidate = { word: ":files", about: "" };
const FILE_FLAGS = ["file", "log-path"];

async function firstWordCandidates(): Promise<Candidate[]> {
  const names = Object.keys(COMMANDS).filter((name) => !name.includes(" "));
  const commands = await Promise.all(names.flatMap((name) => COMMANDS[name]?.() ?? []));
  return [...commands, ...Object.values(GROUPS)].map(({ name, short }) => ({ word: name, about: short }));
}

async function groupCandidates(group: string): Promise<Candidate[]> {
  const commands = await Promise.all(commandsOfGroup(group).flatMap((name) => COMMANDS[name]?.() ?? []));
  return commands.map(({ name, short }) => ({ word: name.slice(group.length + 1), about: short }));
}

function flagCandidates(flags: readonly Flag[]): Candidate[] {
  return flags.map(({ name, usage }) => ({ word: `--${name}`, about: usage }));
}

/** Values of a flag; none when nothing can be offered. */
async function flagValues(flag: Flag, host: string, signal: AbortSignal): Promise<Candidate[]> {
  if (FILE_FLAGS.includes(flag.name) || flag.name === "host") return [FILES];
  if (flag.name === "name") return containerCandidates(host, signal, false);
  return (flag.choices ?? []).map(bare);
}

/** Nothing when no daemon answers in time: a completion has no place for complaints. */
async function askDaemon(
  host: string,
  signal: AbortSignal,
  ask: (connection: DaemonConnection, limited: AbortSignal) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const connection = new DaemonConnection(parseHost(host), DAEMON_LIMIT_MS);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(DAEMON_LIMIT_MS)]);
  try {
    return await ask(connection, limited);
  } catch (thrown) {
    if (thrown instanceof SupercargoError || limited.aborted) return [];
    throw thrown;
  } finally {
    await connection.close().catch(() => undefined);
  }
}

function containerCandidates(host: string, signal: AbortSignal, withIds: boolean): Promise<Candidate[]> {
  return askDaemon(host, signal, async (connection, limited) => {
    const { ContainersClient: Client } = await import("../../../api/containers-client.ts");
    const client: ContainersClient = new Client(connection, "cli");
    return (await client.list(limited)).flatMap(({ id, name, image, state }) => {
      const about = `${state.status}, ${image.name}`;
      return [{ word: name, about }, ...(withIds ? [{ word: id, about: `${name}, ${about}` }] : [])];
    });
  });
}

function imageCandidates(host: string, signal: AbortSignal): Promise<Candidate[]> {
  return askDaemon(host, signal, async (connection, limited) => {
    const { ImagesClient } = await import("../../../api/images-client.ts");
    const images = await new ImagesClient(connection).list(limited);
    return images.map(({ name, neededBy }) => ({ word: name, about: neededBy ?? "" }));
  });
}

async function positionals(command: Command, given: readonly string[], host: string, signal: AbortSignal) {
  if (command.name === "completion") return ["bash", "fish", "powershell", "zsh"].map(bare);
  if (command.name === "help") return firstWordCandidates();
  if (command.completes === "image" && given.length === 0) return imageCandidates(host, signal);
  const isMore = command.completes === "containers" || given.length === 0;
  const names = command.completes !== undefined && command.completes !== "image" && isMore;
  if (names) {
    const candidates = await containerCandidates(host, signal, true);
    return candidates.filter(({ word }) => !given.includes(word));
  }
  return command.name === "cp" || command.completes === "image" ? [FILES] : [];
}

function bare(word: string): Candidate {
  return { word, about: "" };
}

/** The flag whose value the last word is, when the word before it is one. */
function awaitedFlag(flags: readonly Flag[], before: string | undefined): Flag | undefined {
  if (before === undefined || !before.startsWith("-") || before.includes("=")) return undefined;
  return flags.find(
    (flag) => flag.kind !== "bool" && (before === `--${flag.name}` || before === `-${flag.shorthand}`),
  );
}

async function candidates(words: readonly string[], current: string, signal: AbortSignal) {
  const at = nextWordIndex(words, 0);
  const host = hostOf(words);
  if (at < 0) {
    const awaited = awaitedFlag(GLOBAL_FLAGS, words.at(-1));
    if (awaited !== undefined) return flagValues(awaited, host, signal);
    return current.startsWith("-") ? flagCandidates([...GLOBAL_FLAGS, HELP_FLAG]) : firstWordCandidates();
  }
  const name = words[at] ?? "";
  if (Object.hasOwn(GROUPS, name) && nextWordIndex(words, at + 1) < 0 && !current.startsWith("-")) {
    return groupCandidates(name);
  }
  const found = await findCommand(words);
  if (found.kind !== "command") return [];
  const flags = [...found.command.flags, ...GLOBAL_FLAGS, HELP_FLAG];
  const awaited = awaitedFlag(flags, words.at(-1));
  if (awaited !== undefined) return flagValues(awaited, host, signal);
  const [, flagName] = /^--([^=]+)=/.exec(current) ?? [];
  const withValue = flags.find((flag) => flag.name === flagName);
  if (withValue !== undefined) {
    const values = await flagValues(withValue, host, signal);
    return values.map((value) =>
      value === FILES ? value : { ...value, word: `--${flagName}=${value.word}` },
    );
  }
  if (current.startsWith("-")) return flagCandidates(flags);
  const { rest } = parseFlags(flags, found.rest, found.command.interspersed);
  return positionals(found.command, rest, host, signal);
}

/** What the line says already of where the daemon is. */
function hostOf(words: readonly string[]): string {
  const at = words.indexOf("--host");
  const joined = words.find((word) => word.startsWith("--host="))?.slice("--host=".length);
  return (
    (at < 0 ? joined : words[at + 1]) ?? GLOBAL_FLAGS.find(({ name }) => name === "host")?.fallback ?? ""
  );
}

export const completeCommand: Command = {
  name: "__complete",
  usage: "__complete -- [word]...",
  short: "Offers completions of the last word.",
  long: "Offers completions of the last word.",
  examples: ["__complete -- st"],
  interspersed: false,
  maxArgs: Number.POSITIVE_INFINITY,
  isOffline: true,
  flags: [{ name: "no-descriptions", kind: "bool", fallback: "false", usage: "Words only." }],
  async run({ values, args, signal, out }: CommandContext) {
    const current = args.at(-1) ?? "";
    const all = await candidates(args.slice(0, -1), current, signal);
    const isBare = values.bool("no-descriptions");
    const fitting = all.filter((candidate) => candidate === FILES || candidate.word.startsWith(current));
    const lines = fitting.map(({ word, about }) => (isBare || about === "" ? word : `${word}\t${about}`));
    out(lines.map((line) => `${line}\n`).join(""));
  },
};
