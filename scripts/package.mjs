// npm run package [-- amd64|arm64 ...]: Debian packages in dist/.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, folderOf } from "./project/build.mjs";
import { ARCHITECTURES, debianPackage, PACKAGE, projectVersion } from "./project/package.mjs";
import { ROOT, runScript, SetupProblem, setUp } from "./project/setup.mjs";

await runScript(() => {
  const words = process.argv.slice(2);
  const unknown = words.filter((word) => !(word in ARCHITECTURES));
  if (unknown.length > 0) {
    throw new SetupProblem(
      `Unknown architecture ${unknown[0]}. Use: npm run package [-- ${Object.keys(ARCHITECTURES).join("|")} ...]`,
    );
  }
  setUp("build");
  // The programs of this machine print the options for the man pages.
  build();
  for (const architecture of words.length > 0 ? words : Object.keys(ARCHITECTURES)) {
    const target = ARCHITECTURES[architecture];
    build({ target });
    const executable = readFileSync(join(folderOf(target), "supercargo.bin"));
    const path = join(ROOT, "dist", `${PACKAGE}_${projectVersion()}_${architecture}.deb`);
    mkdirSync(join(ROOT, "dist"), { recursive: true });
    writeFileSync(`${path}.new`, debianPackage({ architecture, executable, helpFolder: folderOf() }));
    renameSync(`${path}.new`, path);
    console.log(`Made ${relative(ROOT, path)}`);
  }
});
