// Builds h2spec, the public HTTP/2 conformance suite, from its Go module; version and sums are pinned in test/integration/h2spec.
// Needs a network the first time, so npm test calls it before the stages that run without one.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, HOME, ROOT, SetupProblem } from "./setup.mjs";

const MODULE = join(ROOT, "test", "integration", "h2spec");
const PACKAGE = "github.com/summerwind/h2spec/cmd/h2spec";

/** Path of the program, built if it is not there or the pinned versions have changed. */
export function installH2spec() {
  const folder = join(HOME, "tools", "h2spec");
  const program = join(folder, "h2spec");
  const stamp = join(folder, "go.sum");
  const sums = readFileSync(join(MODULE, "go.sum"), "utf8");
  if (existsSync(program) && existsSync(stamp) && readFileSync(stamp, "utf8") === sums) return program;
  const go = findProgram("go") ?? "/usr/local/go/bin/go";
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Built in a copy: Go must not touch the pinned files, nor take this project's folder for a module of its own.
  for (const name of ["go.mod", "go.sum", "tools.go"]) copyFileSync(join(MODULE, name), join(folder, name));
  const result = spawnSync(go, ["build", "-buildvcs=false", "-o", program, PACKAGE], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", CGO_ENABLED: "0" },
  });
  if (result.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    const said = `${result.stderr ?? ""}${result.error?.message ?? ""}`.trim().split("\n").slice(-6);
    throw new SetupProblem(
      `h2spec could not be built. Is there a network and Go's module proxy? go said:\n  ${said.join("\n  ")}`,
    );
  }
  writeFileSync(stamp, sums);
  return program;
}
