/** End of the network room when nothing runs any more: bridge, rules and settings of the kernel as they were before us. */

import { rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { namespaceFolder } from "./attachment.ts";
import { restoreSettings } from "./kernel-settings.ts";
import type { Ledger } from "./ledger.ts";
import { FORWARD_SETTING, type Opened, removeBridge } from "./opening.ts";

/** Each call here is bounded by itself; there is nobody left who could wait less. */
export async function closeNetwork(opened: Opened, ledger: Ledger, log: Log): Promise<void> {
  const { bridge, filter, options } = opened;
  await removeBridge(bridge.name, new AbortController().signal);
  await filter.unload();
  if (!(await filter.reopenForwarding(ledger.head.forwardPolicy))) {
    log.warn(
      "other programs have rules in the forward chain that we made: forwarding and the chain stay as they are",
    );
    const { [FORWARD_SETTING]: _, ...settings } = ledger.head.settings;
    ledger.change({ settings });
  }
  restoreSettings(ledger);
  ledger.erase();
  removeEmptyFolders(namespaceFolder(options.execDir));
}

/** The folder of the namespace files and its parent, as far as nothing else is in them. */
function removeEmptyFolders(folder: string): void {
  for (const path of [folder, dirname(folder)]) {
    try {
      rmdirSync(path);
    } catch (thrown) {
      const name = errnoName(thrown);
      if (name !== "ENOENT" && name !== "ENOTEMPTY") throw thrown;
    }
  }
}
