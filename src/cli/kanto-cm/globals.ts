/** The program's name and the flags that every command takes (spec/cli.md §1). */

import { DEFAULT_SOCKET } from "../../config/default-socket.ts";
import type { Flag } from "../flags.ts";

export const PROGRAM = "kanto-cm";

export const HELP_FLAG: Flag = {
  name: "help",
  shorthand: "h",
  kind: "bool",
  fallback: "false",
  usage: `help for ${PROGRAM}`,
};

export const GLOBAL_FLAGS: readonly Flag[] = [
  {
    name: "host",
    kind: "string",
    fallback: DEFAULT_SOCKET,
    usage: "Address of the daemon: a socket path or tcp://host:port",
  },
  { name: "timeout", kind: "int", fallback: "30", usage: "Seconds to wait for the connection" },
  { name: "debug", kind: "bool", fallback: "false", usage: "Says more on stderr" },
];
