/**
 * Start of the network room: bridge, settings of the kernel and rules as configured, what a killed daemon left taken
 * away, what goes on running put back. Can be interrupted anywhere and run again.
 */

import type { Log } from "../base/log.ts";
import { namespaceFolder, portRulesOf } from "./attachment.ts";
import {
  type Bridge,
  isBridgeThere,
  isOurs,
  planBridge,
  removeLinks,
  setUpBridge,
  warnOfDifferences,
} from "./bridge.ts";
import { formatIpv4, formatSubnet, parseInterfaceAddress } from "./ipv4.ts";
import { changeSetting, readSetting, writeSetting } from "./kernel-settings.ts";
import type { Ledger } from "./ledger.ts";
import { type Machine, readLinks, readMachine } from "./machine.ts";
import { isNamespace, keepNamespaceAgain, listNamespaces, removeNamespace } from "./namespace.ts";
import type { RuleSet } from "./nft-script.ts";
import type { NetworkOptions } from "./options.ts";
import { answeredText, choosePacketFilter, type ForwardPolicy, type PacketFilter } from "./packet-filter.ts";
import type { Entry } from "./record.ts";

export interface Opened {
  /** The options with the name of the bridge that is really used. */
  readonly options: NetworkOptions;
  readonly bridge: Bridge;
  readonly filter: PacketFilter;
}

export const FORWARD_SETTING = "/proc/sys/net/ipv4/ip_forward";

/** @throws SC_NETWORK_INVALID, SC_NETWORK_FAILED */
export async function openNetwork(
  configured: NetworkOptions,
  ledger: Ledger,
  keep: ReadonlySet<string>,
  log: Log,
  signal: AbortSignal,
): Promise<Opened> {
  const kept = keptEntries(ledger, keep, log);
  const strangers = [...keep].filter((id) => ledger.get(id) === undefined);
  const isBusy = strangers.length > 0 || kept.some((entry) => entry.mode === "bridge");
  const options = await settleBridgeName(configured, ledger, isBusy, log, signal);
  const [machine, filter] = await Promise.all([
    readMachine(signal),
    choosePacketFilter(options, log, signal),
  ]);

  const last = parseInterfaceAddress(ledger.head.bridgeAddress);
  const bridge = planBridge(options, machine, last, isBusy, ledger.head.networkId);
  warnOfDifferences(bridge, options, log);
  const bridgeAddress = `${formatIpv4(bridge.address)}/${bridge.subnet.prefix}`;
  if (ledger.head.bridgeAddress !== bridgeAddress || ledger.head.bridgeName !== bridge.name) {
    ledger.change({ bridgeAddress, bridgeName: bridge.name });
  }
  const keptLinks = kept.map((entry) => entry.hostInterface).filter((name) => name !== "");
  await setUpBridge(bridge, options, machine, keptLinks, signal);
  const [policy] = await Promise.all([
    policyToClose(options, ledger, filter, signal),
    // Before forwarding is on, so that at no moment the rules are missing.
    filter.load(ruleSetOf(options, bridge, kept), signal),
  ]);
  await applySettings(options, ledger, filter, policy);
  await answerOthers(filter, bridge, log, signal);
  await sweep(options, ledger, machine, kept, strangers, log, signal);
  return { options, bridge, filter };
}

/** A new name in the configuration waits until no container is on the old bridge; then that one is taken away. */
async function settleBridgeName(
  configured: NetworkOptions,
  ledger: Ledger,
  isBusy: boolean,
  log: Log,
  signal: AbortSignal,
): Promise<NetworkOptions> {
  const before = ledger.head.bridgeName;
  if (before === "" || before === configured.bridgeName) return configured;
  const options = { ...configured, bridgeName: before };
  if (isBusy) {
    log.warn(
      `containers run on the bridge ${before}: ${configured.bridgeName} takes effect at a start without running containers`,
    );
    return options;
  }
  await (await choosePacketFilter(options, log, signal)).unload();
  await removeBridge(before, signal);
  return configured;
}

/** Takes the bridge away if we made it. */
export async function removeBridge(name: string, signal: AbortSignal): Promise<void> {
  if (!isBridgeThere(name)) return;
  const links = await readLinks(["dev", name], signal);
  if (links.some(isOurs)) await removeLinks([name], signal);
}

/** All rules for the bridge and the containers on it. */
export function ruleSetOf(options: NetworkOptions, bridge: Bridge, entries: readonly Entry[]): RuleSet {
  return {
    bridge: bridge.name,
    subnet: formatSubnet(bridge.subnet),
    masquerade: options.ipMasq,
    icc: options.icc,
    ip6: options.enableIp6,
    ports: entries.flatMap(portRulesOf),
  };
}

/** Looks for other programs' drops and says when one was answered. */
async function answerOthers(
  filter: PacketFilter,
  bridge: Bridge,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const place of await filter.answerOthers(signal)) {
    log.info(answeredText(place, bridge.name));
  }
}

/** What vanishes with the bridge and has to be set when it is made. */
export function applyBridgeSettings(options: NetworkOptions): void {
  if (options.ipTables) writeSetting(...routeLocalnet(options));
}

/** Lets 127.0.0.1 reach published ports; the rules drop what containers send to or from 127.0.0.0/8. */
function routeLocalnet({ bridgeName }: NetworkOptions): [path: string, value: string] {
  return [`/proc/sys/net/ipv4/conf/${bridgeName}/route_localnet`, "1"];
}

/** Settings of the kernel without which published ports or the way outside do not work. */
export function settingsToKeep(options: NetworkOptions): [path: string, value: string][] {
  const forwarding: [string, string] = [FORWARD_SETTING, "1"];
  return [...(options.ipTables ? [routeLocalnet(options)] : []), ...(options.ipForward ? [forwarding] : [])];
}

/** The chain by which we keep the machine from being a router was deleted by somebody who deleted everything. */
export async function closeForwardingAgain(
  ledger: Ledger,
  filter: PacketFilter,
  signal: AbortSignal,
): Promise<void> {
  if (ledger.head.forwardPolicy === "untouched") return;
  // A chain that is there with another policy is somebody's decision.
  if ((await filter.forwardPolicyToClose(signal)) !== "made") return;
  ledger.change({ forwardPolicy: "made" });
  await filter.closeForwarding("made");
}

/** What closing the machine's forwarding for others would do; undefined when forwarding is not ours to turn on. */
async function policyToClose(
  options: NetworkOptions,
  ledger: Ledger,
  filter: PacketFilter,
  signal: AbortSignal,
): Promise<ForwardPolicy | undefined> {
  const isTurnedOnByUs =
    readSetting(FORWARD_SETTING) !== "1" || ledger.head.settings[FORWARD_SETTING] !== undefined;
  return options.ipForward && isTurnedOnByUs ? await filter.forwardPolicyToClose(signal) : undefined;
}

async function applySettings(
  options: NetworkOptions,
  ledger: Ledger,
  filter: PacketFilter,
  policy: ForwardPolicy | undefined,
): Promise<void> {
  applyBridgeSettings(options);
  if (policy === undefined) return;
  if (policy !== "untouched") {
    ledger.change({ forwardPolicy: policy });
    await filter.closeForwarding(policy);
  }
  changeSetting(ledger, FORWARD_SETTING, "1");
}

/** Entries that go on: wanted, complete, and with a living namespace. */
function keptEntries(ledger: Ledger, keep: ReadonlySet<string>, log: Log): Entry[] {
  return ledger.entries().filter((entry) => {
    if (!keep.has(entry.id) || entry.phase !== "attached") return false;
    if (entry.mode === "host" || isNamespace(entry.namespacePath)) return true;
    if (keepNamespaceAgain(entry.namespacePath, entry)) return true;
    log.error(
      `the network namespace of container ${entry.id} is gone; it has no network until it is started again`,
      {
        container: entry.id,
        file: entry.namespacePath,
      },
    );
    return false;
  });
}

/** Takes away what belongs to nobody: interfaces on the bridge, namespace files, entries. Rules are loaded anew anyway. */
async function sweep(
  options: NetworkOptions,
  ledger: Ledger,
  machine: Machine,
  kept: readonly Entry[],
  strangers: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const links = new Set(kept.map((entry) => entry.hostInterface));
  const orphans = machine.links.filter(
    (link) => link.kind === "veth" && link.master === options.bridgeName && !links.has(link.name),
  );
  if (strangers.length > 0) {
    log.warn(
      `the network record does not know ${strangers.join(", ")}: published ports and addresses of these containers are not managed until they are started again`,
    );
  } else {
    await removeLinks(
      orphans.map((link) => link.name),
      signal,
    );
  }
  const files = new Set(kept.map((entry) => entry.namespacePath));
  for (const path of listNamespaces(namespaceFolder(options.execDir))) {
    if (!files.has(path) && !strangers.some((id) => path.endsWith(`/${id}`))) removeNamespace(path);
  }
  const ids = new Set(kept.map((entry) => entry.id));
  for (const entry of ledger.entries()) {
    if (!ids.has(entry.id)) ledger.remove(entry.id);
  }
}
