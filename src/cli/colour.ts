/** Colours, where they are welcome; they only repeat what the words say. */

import { isLively, type Terminal } from "./terminal.ts";

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, grey: 90 } as const;
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

/** Plain text where there is no terminal for colours. */
export function paintFor(terminal: Terminal): Paint {
  if (!isLively(terminal, "stdout")) return (_, text) => text;
  return (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}

const STATUS_COLOURS: Readonly<Record<string, Colour>> = {
  Running: "green",
  Paused: "yellow",
  Exited: "grey",
  Stopped: "grey",
  Dead: "red",
};

export function statusColour(status: string): Colour {
  return STATUS_COLOURS[status] ?? "cyan";
}
