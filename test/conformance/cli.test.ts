import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { runProgram, startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import allowed from "./allowed.json" with { type: "json" };

interface Result {
  readonly rc: number;
  readonly out: string;
  readonly err: string;
}

interface Step {
  readonly step: string;
  readonly got: (Result & { readonly args?: readonly string[] }) | null;
}

interface Allowance {
  readonly why: string;
  readonly spec: string;
  /** Texts of the peer and what stands for them here. */
  readonly replace?: readonly (readonly string[])[];
  /** The whole result; an `err` that begins with ^ is a pattern. */
  readonly result?: Result;
}

const CAPTURE = "cli_lifecycle";
const capture: { steps: Step[] } = JSON.parse(
  readFileSync(join(import.meta.dir, `../../../shared/cases/captures/${CAPTURE}.json`), "utf8"),
);
const allowances: Readonly<Record<string, Allowance>> = allowed[CAPTURE];
const steps = capture.steps.filter(({ got }) => got?.args !== undefined);

/** Ids numbered by first appearance, and everything that differs from run to run under a name. */
class Names {
  readonly #ids: string[] = [];

  constructor(
    private readonly device: TestDevice,
    private readonly registryPort: number,
  ) {}

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
function loose(text: string): string {
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

let device: TestDevice;
let registry: MemoryRegistry;
let names: Names;

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  // As the capture's image: a program that ends at once on SIGTERM.
  const stay = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
  registry.offer("demo/app", "1.0", buildImage({ cmd: stay }));
  device = await startTestDevice({ containers: { insecure_registries: [`localhost:${registry.port}`] } });
  names = new Names(device, registry.port);
}, 120_000);

afterAll(async () => {
  await device?.end();
  await registry?.stop();
}, 120_000);

describe("the peer's command line, step by step", () => {
  for (const [index, { step, got }] of steps.entries()) {
    test(`${index + 1}. ${step}: ${got?.args?.join(" ")}`, async () => {
      if (got?.args === undefined) throw new Error("a step without arguments");
      const args = got.args.map((word) => names.real(word));
      const run = await runProgram("kanto-cm", ["--host", device.device.socket, ...args]);
      const ours = { rc: run.code, out: loose(names.plain(run.stdout)), err: loose(names.plain(run.stderr)) };
      const allowance = allowances[step];
      let wanted: Result = { rc: got.rc, out: loose(got.out), err: loose(got.err) };
      for (const [theirs = "", here = ""] of allowance?.replace ?? []) {
        wanted = { ...wanted, out: wanted.out.replaceAll(theirs, here) };
      }
      if (allowance?.result !== undefined) wanted = allowance.result;
      if (wanted.err.startsWith("^")) {
        expect({ rc: ours.rc, out: ours.out }).toEqual({ rc: wanted.rc, out: wanted.out });
        expect(ours.err).toMatch(new RegExp(wanted.err));
      } else expect(ours).toEqual(wanted);
    }, 60_000);
  }

  test("every allowed difference names the line of the spec that speaks for it", () => {
    for (const [step, { why, spec }] of Object.entries(allowances)) {
      expect([step, why.length > 20, spec.includes("§")]).toEqual([step, true, true]);
      expect(steps.map((other) => other.step)).toContain(step);
    }
  });
});
