// npm run build [-- --target NAME] [--without PART]
import { relative } from "node:path";
import { build, folderOf, NAMES } from "./project/build.mjs";
import { printComparison } from "./project/compare-builds.mjs";
import { ROOT, runScript, SetupProblem, setUp } from "./project/setup.mjs";

const USAGE = "Use: npm run build [-- --target NAME] [--without PART]...";

await runScript(async () => {
  const words = process.argv.slice(2).flatMap((word) => {
    const [name, value] = word.split(/=(.*)/s);
    return value === undefined ? [word] : [name, value];
  });
  let target;
  const without = [];
  while (words.length > 0) {
    const word = words.shift();
    if (words.length === 0 || !["--target", "--without"].includes(word))
      throw new SetupProblem(`Unknown option ${word}, or one without a value. ${USAGE}`);
    if (word === "--target") target = words.shift();
    else without.push(words.shift());
  }
  setUp("build");
  build({ target, without, force: true });
  const folder = folderOf(target, without);
  console.log(`Built ${NAMES.join(", ")} in ${relative(ROOT, folder)}`);
  if (without.length > 0 && target === undefined) {
    build();
    await printComparison(folderOf(), folder);
  }
});
