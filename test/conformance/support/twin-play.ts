/** Plays a capture of the twin against our daemon: sends what the recorder sent, when it did, and compares every message. */

import { expect } from "bun:test";
import { until } from "../../../scripts/demo/until.ts";
import { type Cloud, THING } from "../../integration/support/cloud.ts";
import {
  type Allowance,
  allowancesOf,
  type Capture,
  type CaptureName,
  type Message,
  type Names,
  readCapture,
} from "./capture.ts";
import {
  isOfTwin,
  isRecorders,
  nameOf,
  type Plain,
  type Stream,
  type Streams,
  toPlain,
  toStreams,
} from "./twin-streams.ts";

const LIMIT_MS = 20_000;
const FIXED_FEATURES = 3;

export interface PlayOptions {
  readonly cloud: Cloud;
  readonly capture: Capture;
  readonly allowances: Readonly<Record<string, Allowance>>;
  /** A real text as the capture has it: ids, ports. */
  readonly plain: (text: string) => string;
  /** The capture's text as it really is. */
  readonly real: (text: string) => string;
}

export class TwinPlay {
  readonly #expected: Plain[] = [];
  #at = 0;
  #hearsCommands = false;

  constructor(private readonly options: PlayOptions) {}

  /** With a device on the cloud's broker. */
  static of(
    name: CaptureName,
    cloud: Cloud,
    names: Names,
    places: Readonly<Record<string, string>> = {},
  ): TwinPlay {
    const swap = (text: string, toReal: boolean) =>
      Object.entries({ REGPORT: String(names.registryPort), ...places }).reduce(
        (swapped, [word, real]) => (toReal ? swapped.replaceAll(word, real) : swapped.replaceAll(real, word)),
        text,
      );
    return new TwinPlay({
      cloud,
      capture: readCapture(name),
      allowances: allowancesOf(name),
      plain: (text) => swap(names.plain(text), false),
      real: (text) => names.real(swap(text, true)),
    });
  }

  /** The first hand-shake: everything up to the three fixed features. */
  async handShake(): Promise<void> {
    const { messages } = this.options.capture;
    const response = messages.findIndex(({ topic }) => topic === "edge/thing/response");
    await this.#play(response + 1 + FIXED_FEATURES);
  }

  /** What the capture holds up to the end of this step, after `act` has been done. */
  async step(index: number, act: () => Promise<void> = async () => {}): Promise<void> {
    const step = this.options.capture.steps[index];
    if (step === undefined) throw new Error(`the capture has no step ${index}`);
    await act();
    const { allowances } = this.options;
    await this.#play(step.messages_before, allowances[`${step.step} #${index + 1}`] ?? allowances[step.step]);
  }

  /** How allowed.json may name the steps: a name alone, or with its place when it comes more than once. */
  get stepNames(): readonly string[] {
    return this.options.capture.steps.flatMap(({ step }, index) => [step, `${step} #${index + 1}`]);
  }

  /** What comes after the last step. */
  async rest(): Promise<void> {
    await this.#play(this.options.capture.messages.length);
    expect(this.#ours()).toEqual(toStreams(this.#expected));
  }

  async #play(end: number, allowance?: Allowance): Promise<void> {
    const window = this.options.capture.messages.slice(this.#at, end);
    this.#at = end;
    for (const message of this.#allowed(window, allowance)) {
      if (isRecorders(message)) {
        await this.#untilEqual();
        if (!this.#isSent(message)) await this.#send(message);
      }
      this.#expected.push(toPlain(message));
    }
    await this.#untilEqual();
  }

  /** The window as it should be here. */
  #allowed(window: readonly Message[], allowance: Allowance | undefined): readonly Message[] {
    const { drop = [], insert = [], replace = [] } = allowance?.messages ?? {};
    let messages = window.filter(isOfTwin).filter((message) => !drop.includes(nameOf(message)));
    for (const { before, message } of insert) {
      const at = messages.findIndex((each) => nameOf(each) === before);
      expect([before, before === "the end" || at >= 0]).toEqual([before, true]);
      messages = messages.toSpliced(before === "the end" ? messages.length : at, 0, message);
    }
    let text = JSON.stringify(messages);
    for (const [theirs = "", here = ""] of replace) text = text.replaceAll(theirs, here);
    return JSON.parse(text);
  }

  /** By another capture that begins in the same way. */
  #isSent({ topic }: Message): boolean {
    const count = (messages: readonly { readonly topic: string }[]) =>
      messages.filter((message) => message.topic === topic).length;
    return count(this.options.cloud.heard) > count(this.#expected);
  }

  async #send({ topic, body }: Message): Promise<void> {
    const { cloud, real } = this.options;
    if (topic === "edge/thing/response") this.#hearsCommands = false;
    else if (topic.startsWith(`command//${THING}/`) && !this.#hearsCommands && this.#isOurThing()) {
      await cloud.untilObeyed();
      this.#hearsCommands = true;
    }
    cloud.publish(real(topic), real(JSON.stringify(body)));
  }

  /** Whether the last response named the thing to which the test's own probes go. */
  #isOurThing(): boolean {
    const last = this.options.cloud.heard.findLast(({ topic }) => topic === "edge/thing/response");
    return `${(last?.body as { deviceId?: string } | undefined)?.deviceId}:edge:containers` === THING;
  }

  #ours(): Streams {
    const { cloud, plain } = this.options;
    const heard = cloud.heard.filter(isOfTwin).map(({ topic, body }) => ({ topic, body }));
    return toStreams((JSON.parse(plain(JSON.stringify(heard))) as Message[]).map(toPlain));
  }

  /** Waits for as many messages as there should be, then compares. */
  async #untilEqual(): Promise<void> {
    const expected = toStreams(this.#expected);
    const names = Object.keys(expected) as Stream[];
    const isThere = () => {
      const ours = this.#ours();
      return names.every((name) => ours[name].length >= expected[name].length);
    };
    try {
      await until(isThere, "", LIMIT_MS);
    } catch (thrown) {
      // What is missing shows in the comparison.
      expect(this.#ours()).toEqual(expected);
      throw thrown;
    }
    const ours = this.#ours();
    for (const name of names) {
      expect(ours[name].slice(0, expected[name].length)).toEqual([...expected[name]]);
    }
  }
}
