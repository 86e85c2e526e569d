/**
 * Takes over the network of Kanto's (spec/engine.md §3, §8): the bridge becomes ours, running containers are known with the
 * address and the ports that they have, and the rules and namespace files of its libnetwork go away.
 */

import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { hasCode, SupercargoError, toError } from "../errors/error.ts";
import { namespaceFolder } from "./attachment.ts";
import { claimBridge } from "./bridge.ts";
import { demandTool, runTool } from "./command.ts";
import { ruleComment } from "./foreign-chains.ts";
import { contains, formatIpv4, type InterfaceAddress, parseIpv4 } from "./ipv4.ts";
import { lookAtKernel } from "./kernel-view.ts";
import type { Ledger } from "./ledger.ts";
import { type ForwardedPort, forwardedPorts, removalOfLibnetwork } from "./libnetwork-rules.ts";
import { firstAddress, parseLinks, readLinks } from "./machine.ts";
import { keepNamespaceAgain, listNamespaces, numberOf, removeNamespace } from "./namespace.ts";
import type { RunningContainer } from "./network.ts";
import { hostEntry, newEntry } from "./new-entry.ts";
import type { NetworkOptions } from "./options.ts";
import { ANY_ADDRESS, readPortMapping } from "./published-ports.ts";
import type { Entry, RecordedPort } from "./record.ts";

/** Kanto's file for the containers in host mode. */
const HOST_NAMESPACE = "default";

/** What Kanto has left, as far as it has to be known before the network is opened. */
export interface Inheritance {
  /** By which it is known that Kanto has not run since its rules were taken away; empty when it never ran. */
  readonly mark: string;
  readonly bridgeAddress: InterfaceAddress | undefined;
}

/**
 * Writes running containers that the record does not know, or knows from an earlier run only, into it, with what they
 * have. Changes nothing of them.
 * @returns undefined when Kanto has not run since the last time
 */
export async function inherit(
  options: NetworkOptions,
  ledger: Ledger,
  running: readonly RunningContainer[],
  log: Log,
  signal: AbortSignal,
): Promise<Inheritance | undefined> {
  const mark = markOf(options);
  const strangers = running.filter((container) => !isKnown(container, ledger));
  const isAnyOnBridge = strangers.some(({ request }) => request.mode === "bridge");
  const isNew = mark !== "" && mark !== ledger.head.libnetworkMark;
  if (!isNew && strangers.length === 0) return undefined;
  const links = isNew || isAnyOnBridge ? await readLinks([], signal) : [];
  const bridge = links.find(({ name }) => name === options.bridgeName);
  const bridgeAddress = bridge?.kind === "bridge" ? firstAddress(bridge) : undefined;
  if (bridgeAddress !== undefined) {
    if (isNew) await claimBridge(options.bridgeName, signal);
    ledger.change({
      bridgeName: options.bridgeName,
      bridgeAddress: `${formatIpv4(bridgeAddress.address)}/${bridgeAddress.subnet.prefix}`,
    });
  }
  const forwarded = isAnyOnBridge ? forwardedPorts(await savedRules(signal)) : [];
  for (const container of strangers) {
    const entry = await entryOrReason(container, options, bridgeAddress, forwarded, signal);
    if (typeof entry === "string") {
      const { id } = container.request;
      log.warn(`the network of the running container ${id} cannot be taken over: ${entry}`, {
        container: id,
      });
      continue;
    }
    ledger.put(entry);
    log.info("the network of a running container is taken over", {
      container: entry.id,
      address: entry.address,
      ports: entry.ports.map(({ hostPort }) => hostPort).join(", "),
    });
  }
  return isNew ? { mark, bridgeAddress } : undefined;
}

/** What the record has of an earlier run says nothing of one in host mode, which starts also while the record cannot be written. */
function isKnown({ request, settings }: RunningContainer, ledger: Ledger): boolean {
  const entry = ledger.get(request.id);
  if (entry === undefined || request.mode === "bridge") return entry !== undefined;
  const endpointId = settings?.networks["host"]?.id ?? "";
  return entry.mode === "host" && (endpointId === "" || endpointId === entry.endpointId);
}

/** After our own rules are loaded, so that at no moment a port is dead: takes Kanto's away. */
export async function dropLibnetwork(
  { mark, bridgeAddress }: Inheritance,
  options: NetworkOptions,
  ledger: Ledger,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const subnet = bridgeAddress?.subnet;
  const isInNetwork = (text: string) => {
    const address = parseIpv4(text.replace(/\/\d+$/, ""));
    return subnet !== undefined && address !== undefined && contains(subnet, address);
  };
  const isOurs = (rule: string) =>
    rule.includes(JSON.stringify(ruleComment(options.bridgeName))) || / -j SC-/.test(` ${rule}`);
  const script = removalOfLibnetwork(await savedRules(signal), options.bridgeName, isInNetwork, isOurs);
  if (script !== "") {
    const purpose = "remove the rules of Kanto's libnetwork";
    await demandTool(["iptables-restore", "--noflush", "--wait", "5"], purpose, { input: script, signal });
    log.info("the rules of Kanto's libnetwork are taken away", { rules: script.match(/^-D/gm)?.length ?? 0 });
  }
  for (const path of listNamespaces(join(options.execDir, "netns"))) {
    if (basename(path) !== HOST_NAMESPACE) removeNamespace(path);
  }
  ledger.change({ libnetworkMark: mark });
}

/** libnetwork writes its store at every start. Empty: Kanto has never run with this home. */
function markOf({ stateDir }: NetworkOptions): string {
  try {
    const { mtimeMs, size } = statSync(join(stateDir, "../../network/files/local-kv.db"));
    return `${mtimeMs} ${size}`;
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return "";
    throw thrown;
  }
}

/** libnetwork makes its rules with the program `iptables`. Empty when there is none: then there are no such rules. */
async function savedRules(signal: AbortSignal): Promise<string> {
  try {
    const { exitCode, stdout } = await runTool(["iptables-save"], { signal });
    return exitCode === 0 ? stdout : "";
  } catch (thrown) {
    if (hasCode(thrown, "SC_IO")) return "";
    throw thrown;
  }
}

/** A container that ends at this moment, or has an odd network, must not keep the others from theirs. */
async function entryOrReason(
  container: RunningContainer,
  options: NetworkOptions,
  bridgeAddress: InterfaceAddress | undefined,
  forwarded: readonly ForwardedPort[],
  signal: AbortSignal,
): Promise<Entry | string> {
  try {
    return await entryOf(container, options, bridgeAddress, forwarded, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof SupercargoError) && errnoName(thrown) === undefined) throw thrown;
    return toError(thrown).message;
  }
}

/** What the container has, or in words why its namespace does not tell. */
async function entryOf(
  { request, pid, settings }: RunningContainer,
  options: NetworkOptions,
  bridgeAddress: InterfaceAddress | undefined,
  forwarded: readonly ForwardedPort[],
  signal: AbortSignal,
): Promise<Entry | string> {
  const endpoint = settings?.networks[request.mode];
  const made = {
    ...newEntry(request),
    ...(endpoint === undefined || endpoint.id === "" ? {} : { endpointId: endpoint.id }),
    ...(settings === undefined || settings.sandboxId === "" ? {} : { sandboxId: settings.sandboxId }),
    phase: "attached" as const,
  };
  if (request.mode === "host") return { ...made, hostName: hostEntry(request).hostName };
  const source = `/proc/${pid}/ns/net`;
  const command = ["nsenter", `--net=${source}`, "ip", "-json", "-details", "address", "show"];
  const json = await demandTool(command, `look at the network of container ${request.id}`, { signal });
  const inside = parseLinks(json).find(({ kind, addresses }) => kind === "veth" && addresses.length > 0);
  const address = inside === undefined ? undefined : firstAddress(inside);
  const hostInterface = [...lookAtKernel().links.values()].find(
    ({ index }) => index === inside?.peerIndex,
  )?.name;
  if (
    inside === undefined ||
    address === undefined ||
    bridgeAddress === undefined ||
    hostInterface === undefined
  ) {
    return "it is on no bridge of this daemon";
  }
  const namespacePath = join(namespaceFolder(options.execDir), request.id);
  const text = formatIpv4(address.address);
  const marks = { namespaceNumber: numberOf(source), address: text };
  if (!keepNamespaceAgain(namespacePath, marks)) return "its network namespace is gone";
  return {
    ...made,
    namespacePath,
    namespaceNumber: marks.namespaceNumber,
    hostInterface,
    address: text,
    gateway: formatIpv4(bridgeAddress.address),
    macAddress: inside.macAddress,
    ports: portsOf(request.portMappings, options, text, formatIpv4(bridgeAddress.address), forwarded),
  };
}

/** The ports that it has; Kanto notes nowhere which one it took of a range, only its rule tells. */
function portsOf(
  mappings: RunningContainer["request"]["portMappings"],
  options: NetworkOptions,
  address: string,
  gateway: string,
  forwarded: readonly ForwardedPort[],
): RecordedPort[] {
  if (!options.ipTables) return [];
  const localhost = options.localhost === "all" ? [ANY_ADDRESS] : ["127.0.0.1", gateway];
  const free = forwarded.filter(({ toAddress }) => toAddress === address);
  return mappings.flatMap((mapping) => {
    const wish = readPortMapping(mapping, { localhost });
    if (wish === undefined) return [];
    const at = free.findIndex(
      (port) =>
        port.protocol === wish.protocol &&
        port.toPort === wish.containerPort &&
        (mapping.hostPort === 0 || (port.port >= wish.first && port.port <= wish.last)),
    );
    const [rule] = at < 0 ? [] : free.splice(at, 1);
    const isChosen = wish.first === wish.last && mapping.hostPort !== 0;
    if (rule === undefined && !isChosen) return [];
    const { protocol, hostIp, addresses, containerPort, first } = wish;
    return { protocol, hostIp, addresses, containerPort, hostPort: rule?.port ?? first };
  });
}
