/** The topics of one domain (spec/update-agent.md §2). */

import { isTopic } from "../../mqtt/topic-filter.ts";

export interface Topics {
  readonly desiredState: string;
  readonly command: string;
  readonly currentStateGet: string;
  /** Retained. */
  readonly currentState: string;
  readonly feedback: string;
  readonly ownerConsent: string;
  readonly ownerConsentFeedback: string;
}

/** `containers` → `containersupdate`, `self-update` → `selfupdate`. */
export function topicPrefix(domain: string): string {
  const plain = domain.replaceAll("-", "");
  return plain.endsWith("update") ? plain : `${plain}update`;
}

export function topicsOf(domain: string): Topics {
  const prefix = topicPrefix(domain);
  return {
    desiredState: `${prefix}/desiredstate`,
    command: `${prefix}/desiredstate/command`,
    currentStateGet: `${prefix}/currentstate/get`,
    currentState: `${prefix}/currentstate`,
    feedback: `${prefix}/desiredstatefeedback`,
    ownerConsent: `${prefix}/ownerconsent`,
    ownerConsentFeedback: `${prefix}/ownerconsentfeedback`,
  };
}

/** Where every agent and every manager of a broker keeps its retained current state. */
export const ANY_CURRENT_STATE = "+/currentstate";

/** Whether topics can be made of it. */
export function isDomain(domain: string): boolean {
  return domain !== "" && !domain.includes("/") && isTopic(topicPrefix(domain));
}
