/** Captures of the reference daemon, and what a run of ours may differ in (their README, and allowed.json). */

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { runProgram, type TestDevice } from "../../integration/support/device.ts";
import allowed from "../allowed.json" with { type: "json" };

export interface Result {
  readonly rc: number;
  readonly out: string;
  readonly err: string;
}

export interface Step {
  readonly step: string;
  /** Messages of the capture that had arrived when the step was over. */
  readonly messages_before: number;
  readonly got: (Result & { readonly args?: readonly string[] }) | null;
}

export interface Message {
  readonly topic: string;
  readonly body: unknown;
}

export interface Capture {
  readonly steps: readonly Step[];
  readonly messages: readonly Message[];
}

export interface Allowance {
  readonly why: string;
  readonly spec: string;
  /** The exit code here. */
  readonly rc?: number;
  /** Texts of the peer and what stands for them here. */
  readonly replace?: readonly (readonly string[])[];
  /** The whole result; an `err` that begins with ^ is a pattern. */
  readonly result?: Result;
  /** Twin messages of the step, by their names (twin-streams.ts, nameOf). */
  readonly messages?: {
    readonly drop?: readonly string[];
    /** `before`: a name, or `the end`. */
    readonly insert?: readonly { readonly before: string; readonly message: Message }[];
    /** Texts of the peer and what stands for them here. */
    readonly replace?: readonly (readonly string[])[];
  };
}

export type CaptureName = keyof typeof allowed;

export function readCapture(name: string): Capture {
  return JSON.parse(
    readFileSync(join(import.meta.dir, `../../../../shared/cases/captures/${name}.json`), "utf8"),
  );
}

export function allowancesOf(name: CaptureName): Readonly<Record<string, Allowance>> {
  return allowed[name];
}

/** Every allowed difference has a reason, a place in the spec, and a step that it is about. */
export function expectReasons(name: CaptureName, steps: readonly string[]): void {
  for (const [step, { why, spec }] of Object.entries(allowancesOf(name))) {
    expect([step, why.length > 20, spec.includes("§")]).toEqual([step, true, true]);
    expect(steps).toContain(step);
  }
}

/** Ids numbered by first appearance, and everything that differs from run to run under a name. */
export class Names {
  readonly #ids: string[] = [];

  constructor(
    private readonly device: TestDevice,
    readonly registryPort: number,
  ) {}

  /** Gives ids their numbers, where the capture met them in another order. */
  number(ids: readonly string[]): void {
    this.#ids.splice(0, this.#ids.length, ...ids);
  }

  /** Gives an id the number 1, which was left open for it. */
  numberFirst(id: string): void {
    this.#ids[0] = id;
  }

  /** `ID1` of the capture's arguments as the real id. */
  real(word: string): string {
    return word
      .replace(/\bID(\d+)\b/g, (_, number) => this.#ids[Number(number) - 1] ?? "")
      .replaceAll("REGPORT", String(this.registryPort));
  }

  plain(text: string): string {
    const { home, run } = this.device.device.places;
    return text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        if (!this.#ids.includes(id)) this.#ids.push(id);
        return `ID${this.#ids.indexOf(id) + 1}`;
      })
      .replaceAll(`localhost:${this.registryPort}`, "localhost:REGPORT")
      .replaceAll(join(home, "cm"), "ROOT/home")
      .replaceAll(join(run, "cm"), "ROOT/run")
      .replaceAll(`v${packageJson.version},`, "vVERSION,")
      .replace(/"pid": {1,2}\d+/g, '"pid": PID');
  }
}

/** What the capture and a run may differ in by its README. */
export function loose(text: string): string {
  return (
    text
      .replace(/"pid": {1,2}\d+/g, '"pid": PID')
      .replace(/\b[0-9a-f]{64}\b/g, "HEX64")
      .replace(/netns\/[0-9a-f]{12}\b/g, "netns/HEX12")
      .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, "TIME")
      .replace(/TIME {2,}/g, "TIME  ")
      // Column widths of the table follow the length of the port number and of the ids.
      .replace(/[ \t]*\|/g, "|")
  );
}

/** Runs a call of the command line as the capture's, and answers what it gave, made comparable. */
export async function runStep(device: TestDevice, names: Names, args: readonly string[]): Promise<Result> {
  const words = args.map((word) => names.real(word));
  const run = await runProgram("kanto-cm", ["--host", device.device.socket, ...words]);
  return { rc: run.code, out: loose(names.plain(run.stdout)), err: loose(names.plain(run.stderr)) };
}

export function expectSame(ours: Result, captured: Result, allowance: Allowance | undefined): void {
  let wanted: Result = { rc: captured.rc, out: loose(captured.out), err: loose(captured.err) };
  for (const [theirs = "", here = ""] of allowance?.replace ?? []) {
    wanted = {
      ...wanted,
      out: wanted.out.replaceAll(theirs, here),
      err: wanted.err.replaceAll(theirs, here),
    };
  }
  if (allowance?.rc !== undefined) wanted = { ...wanted, rc: allowance.rc };
  if (allowance?.result !== undefined) wanted = allowance.result;
  if (wanted.err.startsWith("^")) {
    expect({ rc: ours.rc, out: ours.out }).toEqual({ rc: wanted.rc, out: wanted.out });
    expect(ours.err).toMatch(new RegExp(wanted.err));
  } else expect(ours).toEqual(wanted);
}
