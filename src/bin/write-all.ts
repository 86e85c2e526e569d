/** Output of the command-line programs. */

import { writeToDescriptor } from "../base/standard-output.ts";

/** A reader that has gone (`| head`) ends the program without a complaint. */
export function writeAll(descriptor: number, text: string): void {
  if (!writeToDescriptor(descriptor, text)) process.exit(0);
}
