/** What our daemon knows of a container beyond Kanto's form and the wish: how it goes on, what it got, where it comes from. */

import type { Container } from "./container.ts";
import type { HealthReport } from "./health.ts";

/** A start by itself that is waited for. */
export interface DueRestart {
  /** Why: how the last run ended, or why the last start failed. */
  readonly reason: string;
  /** Milliseconds from now; 0 = at once. */
  readonly inMs: number;
  /** The whole wait; it doubles up to the cap of the policy. */
  readonly waitMs: number;
}

/** A port as it is really published; ranges and port 0 choose one. */
export interface PublishedPort {
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface ContainerDetails {
  readonly container: Container;
  /** Who made it: `grpc`, `folder`, `init-dir`, `desired-state`; empty for one that Kanto made. */
  readonly origin: string;
  /** Of the image that its file system was made from; empty when unknown. */
  readonly imageDigest: string;
  readonly published: readonly PublishedPort[];
  readonly restart?: DueRestart;
  /** Only with a healthcheck and while it runs. */
  readonly health?: HealthReport;
  /** Why requests for its life are refused at the moment, such as a replacement. */
  readonly blocked?: string;
}
