/** `kanto-cm exec`: runs a command in a running container; its exit code becomes ours. */

import type { RemoteExec } from "../../../api/exec-client.ts";
import { CommandError } from "../../command-error.ts";
import { selectContainer } from "../../select-container.ts";
import type { Command, CommandContext } from "../command.ts";
import { forwardInput } from "../forward-input.ts";
import { onlyOurs } from "../only-ours.ts";

async function showOutput({ terminal }: CommandContext, remote: RemoteExec): Promise<number> {
  for await (const { stream, data } of remote.output) terminal.write(stream, data);
  return await remote.exitCode;
}

/** Never resolves: the end of the input is not the end of the command. */
async function passOn(remote: RemoteExec, input: Parameters<typeof forwardInput>[0]): Promise<never> {
  const target = { write: (data: Uint8Array) => remote.write(data), end: () => remote.endInput() };
  await forwardInput(input, target, undefined);
  return await new Promise<never>(() => {});
}

export const execCommand: Command = {
  name: "exec",
  isOurs: true,
  usage: "exec [option]... <container> <command> [command-arg]...",
  short: "Run a command in a running container.",
  long: [
    "Run a command in a running container. Ends with the command's exit code; Ctrl-C kills the command.",
    "Options stand before the container: what follows it is the command.",
  ].join("\n"),
  examples: [
    "exec <container> ls -l /",
    "exec -i -t <container> sh",
    "exec --env A=b --user 1000 <container> id",
  ],
  interspersed: false,
  minArgs: 2,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "container",
  flags: [
    { name: "tty", shorthand: "t", kind: "bool", fallback: "false", usage: "Gives the command a terminal." },
    { name: "stdin", shorthand: "i", kind: "bool", fallback: "false", usage: "Passes our input on." },
    {
      name: "env",
      shorthand: "e",
      kind: "stringArray",
      fallback: "[]",
      usage: "Variable, NAME=value; repeatable.",
    },
    {
      name: "user",
      shorthand: "u",
      kind: "string",
      fallback: "",
      usage: "user, user:group, uid or uid:gid; else that of the container.",
    },
    { name: "workdir", shorthand: "w", kind: "string", fallback: "", usage: "Folder to run in, absolute." },
    { name: "privileged", kind: "bool", fallback: "false", usage: "All capabilities of the daemon." },
  ],
  async run(context) {
    const { values, args, client, terminal, signal } = context;
    const [word, ...command] = args;
    const tty = values.bool("tty");
    const openStdin = values.bool("stdin");
    if (tty && openStdin && !terminal.isTerminal("stdin")) {
      throw new CommandError("the input device is not a TTY: leave --tty away for input from a pipe or file");
    }
    const env = values.list("env");
    const wrong = env.find((entry) => !/^[^=]+=/.test(entry));
    if (wrong !== undefined) throw new CommandError(`--env ${JSON.stringify(wrong)}: NAME=value is expected`);
    const container = await selectContainer(client, word, "", signal);
    const isOnScreen = tty && terminal.isTerminal("stdout");
    const wish = {
      ...{ command, env, tty, openStdin },
      user: values.text("user"),
      workingDir: values.text("workdir"),
      privileged: values.bool("privileged"),
    };
    const over = new AbortController();
    using stack = new DisposableStack();
    stack.defer(() => over.abort(new Error("given up")));
    // Raw before the command can ask the terminal something.
    const input = openStdin
      ? (await import("../attached-terminal.ts")).openLocalInput(terminal, tty)
      : undefined;
    stack.defer(() => input?.close());
    const remote = await onlyOurs("exec", () =>
      client.exec(
        container.id,
        wish,
        isOnScreen ? terminal.size() : undefined,
        AbortSignal.any([signal, over.signal]),
      ),
    );
    const ended = showOutput(context, remote);
    if (isOnScreen) {
      // Best effort: a command that has ended has no terminal.
      const resize = () => void remote.resize(terminal.size()).catch(() => undefined);
      stack.use(terminal.onResize(resize));
    }
    if (input !== undefined) {
      const passing = passOn(remote, input);
      // Input that cannot be passed on any more is the command's end; its exit code says how.
      passing.catch(() => undefined);
    }
    context.exitWith(await ended);
  },
};
