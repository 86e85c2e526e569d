/** Lines at the foot of a terminal that are painted again and again in the same place. */

const ERASE_BELOW = "\u001b[J";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";

export interface Screen {
  write(text: string): void;
  size(): { readonly columns: number; readonly rows: number };
}

/** Owns the cursor until it is disposed; what it has painted last stays. */
export class RepaintedBlock implements Disposable {
  #height = 0;

  constructor(private readonly screen: Screen) {
    screen.write(HIDE_CURSOR);
  }

  /** Plain lines: those that are too long are cut, and lines that do not fit on the screen are counted. */
  paint(lines: readonly string[]): void {
    const { columns, rows } = this.screen.size();
    const most = Math.max(1, rows - 1);
    const shown =
      lines.length <= most ? lines : [...lines.slice(0, most - 1), `... and ${lines.length - most + 1} more`];
    const up = this.#height === 0 ? "" : `\u001b[${this.#height}A`;
    const text = shown.map((line) => `${line.slice(0, columns)}\n`).join("");
    this.screen.write(`${up}\r${ERASE_BELOW}${text}`);
    this.#height = shown.length;
  }

  [Symbol.dispose](): void {
    this.screen.write(SHOW_CURSOR);
  }
}
