/** The one executable: which program it is depends on the name it was called by. */

import { basename } from "node:path";

const called = basename(process.argv0);
process.stderr.write(`${called}: not a program of this executable\n`);
process.exitCode = 2;
