/**
 * A broker on which somebody listens and nobody answers: for captures whose recorder gave no response to the hand-shake, so
 * that all the peer published is its request and the current state of its update agent.
 */

import { expect } from "bun:test";
import packageJson from "../../../package.json" with { type: "json" };
import { until } from "../../../scripts/demo/until.ts";
import { PrivateBroker } from "../../integration/support/broker.ts";
import { Cloud } from "../../integration/support/cloud.ts";
import type { Message } from "./capture.ts";

const LIMIT_MS = 30_000;

export class SilentCloud {
  private constructor(
    private readonly broker: PrivateBroker,
    private readonly cloud: Cloud,
  ) {}

  static async start(): Promise<SilentCloud> {
    const broker = await PrivateBroker.start();
    return new SilentCloud(broker, await Cloud.connect(broker.port));
  }

  /** Twin and agent, as the recorder had them; later current states are not in these captures, which were over before. */
  get config() {
    return {
      things: { enable: true },
      update_agent: { enable: true, current_state_delay: "1h" },
      connection: { broker_url: `tcp://localhost:${this.broker.port}` },
    };
  }

  /** Everything that was published is what the capture has; which of the two came first is open (README of the captures). */
  async expectSame(messages: readonly Message[]): Promise<void> {
    const { heard } = this.cloud;
    await until(
      () => heard.length >= messages.length,
      () => `messages, heard ${heard.length}`,
      LIMIT_MS,
    );
    expect(comparable(heard)).toEqual(comparable(messages));
  }

  async end(): Promise<void> {
    await this.cloud.end();
    await this.broker.end();
  }
}

function comparable(messages: readonly Message[]): readonly string[] {
  return (
    messages
      .map(({ topic, body }) => `${topic} ${JSON.stringify(body)}`)
      // The agent's version is that of its program.
      .map((text) => text.replace(`"version":"${packageJson.version}"`, '"version":"1.0.0"'))
      .map((text) => text.replace(/(initial-current-state-|"timestamp":)\d+/g, "$1N"))
      .sort()
  );
}
