/** A refused wish as an error that travels: the first fault of the model's rules. */

import type { DesiredContainer } from "../model/container.ts";
import type { Fault } from "../model/fault.ts";
import { firstFault } from "../model/validate.ts";
import { SupercargoError } from "./error.ts";

/** SC_CONTAINER_INVALID with the peer's text; what would be right is the hint. */
export function faultError(fault: Fault): SupercargoError {
  return new SupercargoError("SC_CONTAINER_INVALID", fault.message, {
    hint: fault.expected === "" ? "" : `expected: ${fault.expected}`,
    fields: { key: fault.path },
  });
}

/** The first thing wrong with a wish whose defaults are filled, or undefined. */
export function validateDesired(desired: DesiredContainer): SupercargoError | undefined {
  const fault = firstFault(desired);
  return fault === undefined ? undefined : faultError(fault);
}
