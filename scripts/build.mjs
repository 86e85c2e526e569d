// npm run build [-- --target NAME]
import { build, NAMES } from "./project/build.mjs";
import { runScript, SetupProblem, setUp } from "./project/setup.mjs";

await runScript(async () => {
  const args = process.argv.slice(2);
  let target;
  while (args.length > 0) {
    const word = args.shift();
    if (word === "--target" && args.length > 0) target = args.shift();
    else if (word.startsWith("--target=")) target = word.slice("--target=".length);
    else throw new SetupProblem(`Unknown option ${word}. Use: npm run build [-- --target NAME]`);
  }
  setUp("build");
  build({ target, force: true });
  console.log(`Built ${NAMES.join(", ")} in dist/${target === undefined ? "bin" : `bin-${target}`}`);
});
