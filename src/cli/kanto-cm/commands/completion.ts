/** `kanto-cm completion`: scripts by which a shell completes commands, flags and names of containers. */

import { CommandError } from "../../command-error.ts";
import type { Command } from "../command.ts";

const SHELLS = ["bash", "fish", "powershell", "zsh"];

export const completionCommand: Command = {
  name: "completion",
  usage: "completion [command]",
  short: "generate the autocompletion script for the specified shell",
  long: [
    "Prints the script by which a shell completes commands, flags and names of containers: bash, fish, powershell or zsh.",
    "",
    "bash:  source <(kanto-cm completion bash), or into /etc/bash_completion.d/kanto-cm for every session",
    "zsh:   kanto-cm completion zsh into a file _kanto-cm in a folder of $fpath",
    "fish:  kanto-cm completion fish > ~/.config/fish/completions/kanto-cm.fish",
  ].join("\n"),
  examples: ["completion bash", "completion zsh --no-descriptions"],
  interspersed: true,
  maxArgs: 1,
  isOffline: true,
  flags: [
    { name: "no-descriptions", kind: "bool", fallback: "false", usage: "disable completion descriptions" },
  ],
  async run({ values, args, out }) {
    const [shell] = args;
    if (shell === undefined) {
      const { commandPage } = await import("../help-pages.ts");
      return out(commandPage(completionCommand));
    }
    const { completionScript } = await import("../completion-scripts.ts");
    const script = completionScript(shell, !values.bool("no-descriptions"));
    if (script === undefined) {
      throw new CommandError(`unknown shell ${JSON.stringify(shell)}: one of ${SHELLS.join(", ")}`);
    }
    out(script);
  },
};
