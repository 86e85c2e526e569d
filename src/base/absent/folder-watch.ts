/**
 * Stands in for `watch-folder.ts` in a build without the file watcher: nothing is heard from the kernel, only a clock says
 * that it is time to look. The daemon's own watching goes on so; the auto deployer has no daemon mode then.
 */

import type { Timer } from "../clock.ts";
import type { FolderWatch as RealWatch, WatchFolderOptions } from "../watch-folder.ts";

export const HAS_FILE_WATCHER: boolean = false;

export class FolderWatch implements Pick<RealWatch, "isWatching" | typeof Symbol.dispose> {
  readonly isWatching = false;
  #timer: Timer | undefined;

  constructor(
    _path: string,
    private readonly options: WatchFolderOptions,
  ) {
    this.#tick();
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  #tick(): void {
    this.#timer = this.options.clock.after(this.options.blindMs, () => {
      this.#tick();
      this.options.onHint(undefined);
    });
  }
}
