/**
 * A manifest that gives no log size means 1M in a watched folder and 100M in the deployment folder (DESIGN §5). A container
 * that was made with either is as both want it, so that two sources of the same manifest do not take turns in replacing it.
 */

import type { Container, DesiredContainer } from "../model/container.ts";
import { type Fingerprint, LEFT_OUT, LOG_SIZE_KEY, withoutLogSize } from "./fingerprint.ts";
import type { Wish } from "./wish.ts";

const GIVEN_BY_READERS: ReadonlySet<string> = new Set(["1M", "100M"]);

/** The wish as it is compared with a container that is there. */
export function comparableTo(present: Container, { desired, fingerprint }: Wish): DesiredContainer {
  const { maxSize } = present.hostConfig.logConfig.driver;
  if (fingerprint[LOG_SIZE_KEY] !== LEFT_OUT || !GIVEN_BY_READERS.has(maxSize)) return desired;
  const { logConfig } = desired.hostConfig;
  const driver = { ...logConfig.driver, maxSize };
  return { ...desired, hostConfig: { ...desired.hostConfig, logConfig: { ...logConfig, driver } } };
}

/** The fingerprint of a container that a wish is about, in the wish's own terms. */
export function inTermsOf(wish: Wish, stranger: Container, fingerprint: Fingerprint): Fingerprint {
  const isByReader = GIVEN_BY_READERS.has(stranger.hostConfig.logConfig.driver.maxSize);
  return isByReader && wish.fingerprint[LOG_SIZE_KEY] === LEFT_OUT
    ? withoutLogSize(fingerprint)
    : fingerprint;
}
