/**
 * The bench: runs the flows one after the other in namespaces of its own and prints the table. A missed budget is shown, it
 * is no failure: times depend on the machine and on what else runs there.
 * Arguments: the path of the empty program, then `--quick`, `--debug`, and names of flows (all without).
 */

import { cpus, release, totalmem } from "node:os";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { Bench, type Flow } from "./bench-device.ts";
import { crowd } from "./flows/crowd.ts";
import { fleet } from "./flows/fleet.ts";
import { nothingToDo } from "./flows/folder.ts";
import { createAndStart, editManifest } from "./flows/one-container.ts";
import { manyLines } from "./flows/output.ts";
import { programs } from "./flows/programs.ts";
import { fleetAfterPull, largePull } from "./flows/pulls.ts";
import { quiet } from "./flows/quiet.ts";
import { steps } from "./flows/steps.ts";
import { twin } from "./flows/twin.ts";
import { update } from "./flows/update.ts";
import { type Line, verdictOf } from "./line.ts";
import { Pace } from "./pace.ts";
import { tableOf } from "./table.ts";

const FLOWS: Readonly<Record<string, Flow>> = {
  programs,
  one: createAndStart,
  steps,
  edit: editManifest,
  fleet,
  nothing: nothingToDo,
  absent: fleetAfterPull,
  pull: largePull,
  logs: manyLines,
  update,
  quiet,
  crowd,
  twin,
};
const LIMIT_MS = 420_000;
const GIB = 1024 ** 3;

interface Choice {
  readonly helloPath: string;
  readonly isQuick: boolean;
  readonly isDebug: boolean;
  readonly flows: readonly string[];
}

function choose([helloPath = "", ...words]: readonly string[]): Choice {
  const flows = words.filter((word) => !word.startsWith("--"));
  const unknown = words.filter((word) => !["--quick", "--debug"].includes(word) && !(word in FLOWS));
  if (unknown.length > 0) {
    throw new Error(
      `Unknown ${unknown.join(", ")}. Known: --quick, --debug, ${Object.keys(FLOWS).join(", ")}.`,
    );
  }
  return {
    helloPath,
    isQuick: words.includes("--quick"),
    isDebug: words.includes("--debug"),
    flows: flows.length === 0 ? Object.keys(FLOWS) : flows,
  };
}

function machineText(): string {
  const [processor] = cpus();
  return `${cpus().length} × ${processor?.model ?? "?"}, ${(totalmem() / GIB).toFixed(0)} GiB, Linux ${release()}`;
}

async function main(): Promise<number> {
  const choice = choose(process.argv.slice(2));
  refuseInitialNamespace();
  const pace = new Pace(choice.isQuick, LIMIT_MS);
  const bench = await Bench.start({ pace, helloPath: choice.helloPath, isDebug: choice.isDebug });
  const lines: Line[] = [];
  try {
    for (const name of choice.flows) {
      if (pace.isOver) {
        console.log(`${name}: not measured, the time is over`);
        continue;
      }
      console.log(`${(pace.elapsedMs / 1000).toFixed(0).padStart(4)} s  ${name}`);
      lines.push(...((await FLOWS[name]?.(bench)) ?? []));
    }
  } catch (thrown) {
    console.error(bench.logTail());
    throw thrown;
  } finally {
    await bench.end();
  }
  const over = lines.filter((line) => verdictOf(line) === "over").length;
  const kept = lines.filter((line) => verdictOf(line) === "ok").length;
  console.log(`\n${machineText()}\n\n${tableOf(lines)}\n`);
  console.log(`${kept} within their budgets, ${over} over; ${(pace.elapsedMs / 1000).toFixed(0)} s`);
  return 0;
}

process.exitCode = await main();
