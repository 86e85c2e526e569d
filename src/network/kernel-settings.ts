/** Files below /proc/sys: set, with what was there before kept in the record, and given back at the end. */

import { readFileSync, writeFileSync } from "node:fs";
import { errnoName } from "../base/libc.ts";
import type { Ledger } from "./ledger.ts";

/** The value of a setting; undefined when this kernel has no such setting. */
export function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Writes a setting that goes away with its interface, so that nothing has to be remembered. */
export function writeSetting(path: string, value: string): void {
  if (readSetting(path) !== value) writeFileSync(path, value);
}

/** Sets it and remembers what it was, once. Answers whether it is (now or since an earlier run) changed by us. */
export function changeSetting(ledger: Ledger, path: string, value: string): boolean {
  const current = readSetting(path);
  const settings = ledger.head.settings;
  if (current === value) return settings[path]?.set === value;
  if (current === undefined) return false;
  const before = settings[path]?.before ?? current;
  ledger.change({ settings: { ...settings, [path]: { before, set: value } } });
  writeFileSync(path, value);
  return true;
}

/** Gives everything back that still is as we set it; what somebody else changed since is theirs. */
export function restoreSettings(ledger: Ledger): void {
  for (const [path, setting] of Object.entries(ledger.head.settings)) {
    if (readSetting(path) === setting.set) writeFileSync(path, setting.before);
  }
  ledger.change({ settings: {} });
}
