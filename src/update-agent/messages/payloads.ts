/** What the messages of the protocol carry (spec/update-agent.md §4). On the wire empty members are left out. */

import type { Command, Consent, FeedbackStatus, SoftwareType, WireActionStatus } from "./words.ts";

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export interface Component {
  /** In a desired state the container's name; in feedback `<domain>:<name>`. */
  readonly id: string;
  readonly version: string;
}

export interface ConfiguredComponent extends Component {
  /** In order; a key may stand more than once. */
  readonly config: readonly KeyValue[];
}

export interface Domain {
  readonly id: string;
  readonly config: readonly KeyValue[];
  readonly components: readonly ConfiguredComponent[];
}

export interface BaselineGroup {
  readonly title: string;
  readonly description: string;
  readonly preconditions: string;
  /** `<domain>:<component id>`. */
  readonly components: readonly string[];
}

export interface DesiredState {
  readonly baselines: readonly BaselineGroup[];
  readonly domains: readonly Domain[];
}

export interface CommandPayload {
  readonly command: Command;
  /** Missing, empty or `*`: everything. As it was sent. */
  readonly baseline?: string;
}

export interface WireAction {
  readonly component: Component;
  readonly status: WireActionStatus;
  /** Percent. */
  readonly progress?: number;
  readonly message: string;
}

export interface Feedback {
  readonly baseline?: string;
  readonly status: FeedbackStatus;
  readonly message?: string;
  /** Empty when there are none. */
  readonly actions: readonly WireAction[];
}

export interface HardwareNode {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly parameters: readonly KeyValue[];
  readonly addressable: boolean;
}

export interface SoftwareNode {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  /** In order; a key may stand more than once. */
  readonly parameters: readonly KeyValue[];
  readonly type: SoftwareType;
}

export interface Association {
  readonly sourceId: string;
  readonly targetId: string;
}

export interface Inventory {
  readonly hardwareNodes: readonly HardwareNode[];
  readonly softwareNodes: readonly SoftwareNode[];
  readonly associations: readonly Association[];
}

export interface ConsentRequest {
  readonly command: Command;
}

export interface ConsentAnswer {
  readonly status: Consent;
}
