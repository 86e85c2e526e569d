/** A terminal as a person sees it: a private tmux with one shell in it; keys go in, the screen is read. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";

const WAIT_MS = 30_000;
const PROMPT = "ready$ ";

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** The shell and its arguments; it shall not read the user's own start files. */
  readonly shell?: readonly string[];
}

export class TmuxScreen {
  readonly #folder = mkdtempSync(join(tmpdir(), "sc-tmux-"));

  constructor({ columns = 120, rows = 30, env = {}, shell = ["sh"] }: ScreenOptions = {}) {
    const size = ["-x", String(columns), "-y", String(rows)];
    const variables = Object.entries({ ENV: "", PS1: PROMPT, ...env }).map(
      ([name, value]) => `${name}=${value}`,
    );
    this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, "env", ...variables, ...shell);
  }

  #tmux(...words: string[]): string {
    const { status, stdout, stderr } = spawnSync("tmux", ["-S", join(this.#folder, "socket"), ...words], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#tmux("send-keys", "-l", text);
  }

  /** Presses keys by tmux's names: `Enter`, `C-c`, `Tab`. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Types a line and sends it off. */
  enter(line: string): void {
    this.type(line);
    this.press("Enter");
  }

  /** What is to be seen, without the empty lines at its foot. */
  get text(): string {
    return this.#tmux("capture-pane", "-p").trimEnd();
  }

  /** The same with its colours. */
  get painted(): string {
    return this.#tmux("capture-pane", "-p", "-e").trimEnd();
  }

  get isCursorShown(): boolean {
    return this.#tmux("display-message", "-p", "#{cursor_flag}").trim() === "1";
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** Resolves when the screen fits. */
  async shows(what: RegExp): Promise<string> {
    let text = "";
    await until(
      () => {
        text = this.text;
        return what.test(text);
      },
      () => `${what} on the screen:\n${text}`,
      WAIT_MS,
    );
    return text;
  }

  /** Waits until the last command has ended, and clears the screen. */
  async clear(): Promise<void> {
    await this.shows(/(^|\n)ready\$$/);
    this.enter("clear");
    await this.shows(/^ready\$$/);
  }

  [Symbol.dispose](): void {
    spawnSync("tmux", ["-S", join(this.#folder, "socket"), "kill-server"]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
