/** Ending for good when the update agent begins to manage containers (`--mqtt`, spec/kad.md §7): the lock file and the message that counts. */

import { lstatSync, renameSync } from "node:fs";
import { join, parse } from "node:path";
import { HAS_MQTT, listenToTopic } from "#take-over";
import type { Clock } from "../base/clock.ts";
import { parsePlain } from "../base/json/plain.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";

const DEFAULT_LOCK = "/var/lib/kanto-auto-deployer/KAD.enabled";
/** Where the lock lies instead; the peer reads it when it is built. */
const LOCK_VARIABLE = "KAD_LOCK_PATH";

export const WITHOUT_MQTT =
  "error: this build has no MQTT, so there is no --mqtt: run it without, or install a build with MQTT";
export const canTakeOver = HAS_MQTT;

export interface TakeOverOptions {
  readonly host: string;
  readonly port: number;
  readonly topic: string;
}

export interface TakeOverDeps {
  readonly options: TakeOverOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Of module kanto_auto_deployer. */
  readonly log: Log;
}

export interface TakeOver {
  /** Resolves when the deployer has to end and may not start by itself again; else never. */
  readonly happened: Promise<void>;
  end(): Promise<void>;
}

/** undefined, and an error line, without the lock: the deployer goes on without listening. */
export async function awaitTakeOver({
  options,
  environment,
  clock,
  log,
}: TakeOverDeps): Promise<TakeOver | undefined> {
  const { host, port, topic } = options;
  const own = log.module("kanto_auto_deployer::mqtt_listener");
  const lock = environment[LOCK_VARIABLE] || DEFAULT_LOCK;
  const words = `MQTTconfig { enabled: true, ip: "${host}", port: ${port}, topic: "${topic}" }`;
  own.debug(`Trying to start MQTT connection with options ${words}`);
  if (!isFile(lock)) {
    own.error(
      `The lock at "${lock}" does not exist, but KAD was started with the MQTT client option. The MQTT listener stays off, the daemon mode goes on. Create the file and restart to switch it on.`,
    );
    return undefined;
  }
  own.info("MQTT for daemon mode enabled. Will auto-disable whenever VUM takes over.");
  const { promise: happened, resolve } = Promise.withResolvers<void>();
  const listening = await listenToTopic(options, clock, own, (payload) => {
    const fault = faultOf(payload) ?? disable(lock);
    if (fault === undefined) resolve();
    else own.debug(`MQTT payload handling error: ${fault}`);
  });
  return { happened, end: () => listening.end() };
}

/** What keeps a message from being the one that counts. */
export function faultOf(payload: Uint8Array): string | undefined {
  const message = parsePlain(payload);
  if (message instanceof SyntaxError) return message.message;
  if (!isRecord(message)) return "an object expected";
  const activityId = message["activityId"] ?? message["activity_id"];
  if (typeof activityId !== "string") return "missing field `activityId`";
  const { timestamp, payload: body } = message;
  if (typeof timestamp !== "number" || !Number.isInteger(timestamp) || timestamp < 0) {
    return "missing field `timestamp`";
  }
  if (!isRecord(body) || body["status"] !== "IDENTIFIED") return 'Expected status:"IDENTIFIED" for status';
  return undefined;
}

/** The unit's condition keeps the deployer from starting while the lock has its other name. Answers why not. */
function disable(lock: string): string | undefined {
  if (!isFile(lock)) return `Lock "${lock}" is not a regular file or does not exist`;
  const { dir, name } = parse(lock);
  try {
    renameSync(lock, join(dir, `${name}.disabled`));
    return undefined;
  } catch (thrown) {
    const reason = errnoName(thrown);
    if (reason === undefined) throw thrown;
    return `Lock "${lock}" cannot be renamed: ${reason}`;
  }
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
