/** What signatures and encrypted images need beside the daemon: programs, and keys that can be read. */

import { accessSync, constants } from "node:fs";
import { errorCode } from "../../base/file-system.ts";
import { toError } from "../../errors/error.ts";
import type { Check, Finding } from "./finding.ts";
import { findProgram, install } from "./programs.ts";

export const checkTrust: Check = async ({ config }) => {
  const subject = "trust";
  const { imageDecKeys, imageVerifierType, imageVerifierConfig } = config.containers;
  const findings: Finding[] = [];
  if (imageVerifierType === "notation") {
    const program = imageVerifierConfig["program"] ?? "notation";
    const path = program.startsWith("/") ? program : findProgram(program);
    if (path === undefined || !canRead(path)) {
      const message = `signatures are to be checked, and the program ${program} is not there: nothing can be pulled`;
      const advice =
        "install notation of the Notary Project, or name it by program in containers.image_verifier_config";
      findings.push({ subject, level: "problem", message, advice });
    }
  }
  if (imageDecKeys.length > 0 && findProgram("skopeo") === undefined) {
    const message =
      "keys for encrypted images are named, and skopeo, which opens their layers, is not installed";
    findings.push({ subject, level: "problem", message, command: install("skopeo") });
  }
  for (const key of imageDecKeys) {
    const [path = ""] = key.split(":");
    if (canRead(path)) continue;
    const message = `the key ${path} of containers.image_dec_keys cannot be read`;
    findings.push({
      subject,
      level: "problem",
      message,
      advice: "put the key there, or take it out of the list",
    });
  }
  if (findings.length > 0) return findings;
  const isOn = imageVerifierType === "notation" || imageDecKeys.length > 0;
  return isOn
    ? [{ subject, level: "ok", message: "what signatures and encrypted images need is there" }]
    : [
        {
          subject,
          level: "off",
          message: "neither signatures are checked nor keys for encrypted images named",
        },
      ];
};

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw toError(thrown);
    return false;
  }
}
