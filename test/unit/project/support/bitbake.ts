/**
 * As much of bitbake as our recipes use: variables with their operators, overrides, `inherit`, shell functions. Enough to run
 * do_install in a shell, with the variables that OpenEmbedded sets.
 */

import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** As OpenEmbedded's bitbake.conf has them. */
const OPENEMBEDDED: Readonly<Record<string, string>> = {
  prefix: "/usr",
  bindir: "/usr/bin",
  sysconfdir: "/etc",
  systemd_system_unitdir: "/lib/systemd/system",
};
/** Classes of OpenEmbedded itself. */
const FOREIGN_CLASSES = ["systemd", "useradd"];

export interface Machine {
  /** Overrides of the machine, the strongest last. */
  readonly overrides: readonly string[];
  /** What the distribution's configuration sets. */
  readonly configuration?: Readonly<Record<string, string>>;
}

export class Recipe {
  readonly inherited: string[] = [];
  readonly #values = new Map<string, string>();
  readonly #weak = new Map<string, string>();
  readonly #functions = new Map<string, string>();

  constructor(
    private readonly layer: string,
    path: string,
    private readonly machine: Machine,
    more: Readonly<Record<string, string>>,
  ) {
    const name = path.split("/").at(-1)?.replace(/_.*$/, "") ?? "";
    const given = { ...OPENEMBEDDED, PN: name, ...more, ...machine.configuration };
    for (const [key, value] of Object.entries(given)) this.#values.set(key, value);
    this.#read(join(layer, path));
  }

  /** Expanded; empty when it is not set. */
  get(name: string): string {
    return this.#expand(this.#lookUp(name) ?? "");
  }

  #lookUp(name: string): string | undefined {
    for (const override of [...this.machine.overrides].reverse()) {
      // Names of several overrides: all of them must hold.
      for (const [key, value] of this.#values) {
        const [base, ...wanted] = key.split(":");
        if (base !== name || wanted.length === 0 || wanted.at(-1) !== override) continue;
        if (wanted.every((one) => this.machine.overrides.includes(one))) return value;
      }
    }
    return this.#values.get(name) ?? this.#weak.get(name);
  }

  #expand(text: string): string {
    return text.replace(/\$\{([\w-]+)\}/g, (whole, name: string) => {
      const value = this.#lookUp(name);
      return value === undefined ? whole : this.#expand(value);
    });
  }

  #read(path: string): void {
    const lines = readFileSync(path, "utf8").split("\n");
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at] ?? "";
      const opened = /^(\w+)\(\) \{$/.exec(line)?.[1];
      if (line.trim() === "" || line.startsWith("#")) continue;
      if (opened !== undefined) {
        const end = lines.indexOf("}", at);
        if (end < 0) throw new Error(`${path}:${at + 1}: ${opened} has no end`);
        this.#functions.set(opened, lines.slice(at + 1, end).join("\n"));
        at = end;
      } else if (line.startsWith("inherit ")) {
        for (const name of line.split(" ").slice(1)) this.#inherit(name);
      } else this.#assign(line, `${path}:${at + 1}`);
    }
  }

  #inherit(name: string): void {
    this.inherited.push(name);
    const path = join(this.layer, "classes", `${name}.bbclass`);
    if (existsSync(path)) this.#read(path);
    else if (!FOREIGN_CLASSES.includes(name)) throw new Error(`no class ${name}`);
  }

  #assign(line: string, place: string): void {
    const [, name, flag, operator, value] =
      /^([\w-]+(?::(?:\$\{\w+\}|[\w-]+))*)(\[\w+\])? (\?\?=|\?=|\+=|:=|\.=|=) "(.*)"$/.exec(line) ?? [];
    if (name === undefined || operator === undefined || value === undefined)
      throw new Error(`${place}: not understood: ${line}`);
    if (flag !== undefined) return;
    const key = this.#expand(name);
    const before = this.#values.get(key);
    if (operator === "??=") this.#weak.set(key, value);
    else if (operator === "?=") this.#values.set(key, before ?? value);
    else if (operator === "+=")
      this.#values.set(key, before === undefined ? ` ${value}` : `${before} ${value}`);
    else if (operator === ".=") this.#values.set(key, `${before ?? ""}${value}`);
    else if (operator === ":=") this.#values.set(key, this.#expand(value));
    // A distribution's configuration is read before; a recipe's plain assignment is stronger.
    else this.#values.set(key, value);
  }

  /** Runs a function as bitbake does: a shell that ends at the first failure. */
  run(name: string): { readonly code: number; readonly text: string } {
    const body = this.#functions.get(name);
    if (body === undefined) throw new Error(`no function ${name}`);
    const { status, stdout, stderr } = spawnSync("sh", ["-ec", `umask 022\n${this.#expand(body)}`], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "" },
    });
    return { code: status ?? -1, text: `${stdout}${stderr}` };
  }
}

/** Everything below a folder: mode, path, and where links lead. */
export function fileList(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below))
    .sort()
    .flatMap((name) => {
      const path = `${below}/${name}`;
      const entry = lstatSync(join(folder, path));
      if (entry.isSymbolicLink()) return `link ${path} -> ${readlinkSync(join(folder, path))}`;
      const mode = (entry.mode & 0o777).toString(8).padStart(4, "0");
      return entry.isDirectory() ? [`${mode} ${path}/`, ...fileList(folder, path)] : `${mode} ${path}`;
    });
}
