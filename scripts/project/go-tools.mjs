// Builds the tests' programs that are Go modules; versions and sums are pinned beside them under test/integration.
// Needs a network the first time, so npm test calls it before the stages that run without one.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { findProgram, HOME, ROOT, SetupProblem } from "./setup.mjs";

/** h2spec, the public HTTP/2 conformance suite. */
export function installH2spec() {
  return buildGoProgram("h2spec", "github.com/summerwind/h2spec/cmd/h2spec");
}

/** A client of our server on grpc-go. */
export function installGoClient() {
  return buildGoProgram("grpc-go", ".");
}

/** Path of a program made from the module in test/integration/<name>, built if it is not there or the module has changed. */
function buildGoProgram(name, goPackage) {
  const source = join(ROOT, "test", "integration", name);
  const folder = join(HOME, "tools", name);
  const program = join(folder, name);
  const stamp = join(folder, "built-from");
  const files = readdirSync(source).sort();
  const content = files.map((file) => readFileSync(join(source, file), "utf8")).join("\n");
  if (existsSync(program) && existsSync(stamp) && readFileSync(stamp, "utf8") === content) return program;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Built in a copy: Go must not touch the pinned files.
  for (const file of files) copyFileSync(join(source, file), join(folder, file));
  const go = findProgram("go") ?? "/usr/local/go/bin/go";
  const result = spawnSync(go, ["build", "-buildvcs=false", "-o", program, goPackage], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", CGO_ENABLED: "0" },
  });
  if (result.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    const said = `${result.stderr ?? ""}${result.error?.message ?? ""}`.trim().split("\n").slice(-6);
    throw new SetupProblem(
      `${name} could not be built. Is there a network and Go's module proxy? go said:\n  ${said.join("\n  ")}`,
    );
  }
  writeFileSync(stamp, content);
  return program;
}
