/** Which file is edited: the one that is named, else what sdv.conf says, else the usual one (spec/registries-and-tools.md §1, §3). */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { errorCode } from "../../base/file-system.ts";
import { pathsOf, usualConfigPath } from "../../config/sources.ts";

const USUAL_PATH = "/etc/container-management/config.json";
const SYSTEM_CONF = "/etc/sdv/sdv.conf";

export interface Place {
  readonly path: string;
  /** The sdv.conf that named it, if one did. */
  readonly from: string | undefined;
  /** A file beside it whose keys are laid over it, if there is one. */
  readonly overlay: string | undefined;
}

/** @param home of the user, whose own sdv.conf goes before the system's */
export function placeOf(named: string, home: string | undefined): Place {
  const conf = [...(home === undefined ? [] : [join(home, ".config/sdv.conf")]), SYSTEM_CONF].find((path) =>
    existsSync(path),
  );
  const fromConf = named === "" && conf !== undefined ? configIn(conf) : undefined;
  const path = named === "" ? (fromConf ?? (usualConfigPath(dirname(USUAL_PATH)) || USUAL_PATH)) : named;
  const overlay = pathsOf(path).find((one) => one !== path && existsSync(one));
  return { path, from: fromConf === undefined ? undefined : conf, overlay };
}

/** Shell text: the last plain assignment counts. What would have to be run by a shell is none. */
function configIn(conf: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(conf, "utf8");
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw thrown;
    return undefined;
  }
  const found = [
    ...text.matchAll(/^\s*(?:export\s+)?KANTO_CONFIG=(?:"([^"$`\\\n]+)"|'([^'\n]+)'|([^\s"'$`\\;#]+))/gm),
  ].at(-1);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}
