/** The network room as the configuration's `network` section wants it. */

import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import { BridgeNetwork } from "../network/bridge-network.ts";
import type { Network } from "../network/network.ts";
import { CNI_BIN_DIRS, type NetworkOptions } from "../network/options.ts";
import { PersistentNetwork } from "../network/persistent-network.ts";
import { SwitchedOffNetwork } from "../network/switched-off-network.ts";

export function makeNetwork(network: DaemonConfig["network"], log: Log, clock: Clock): Network {
  const { bridge } = network;
  if (network.type !== "bridge") {
    log.warn(`network.type ${JSON.stringify(network.type)} is not known: containers get the network bridge`);
  }
  if (bridge.userlandProxy) {
    log.info("network.default_bridge.userland_proxy has no effect: published ports work without a proxy");
  }
  const options: NetworkOptions = {
    bridgeName: bridge.name,
    address: bridge.ip4,
    fixedCidr: bridge.fixedCidr4,
    gateway: bridge.gatewayIp4,
    mtu: bridge.mtu,
    icc: bridge.icc,
    ipTables: bridge.ipTables,
    ipForward: bridge.ipForward,
    ipMasq: bridge.ipMasq,
    enableIp6: bridge.enableIp6,
    localhost: network.localhost,
    stateDir: join(network.homeDir, "supercargo", "network"),
    execDir: network.execRootDir,
    cniBinDirs: CNI_BIN_DIRS,
    log,
    clock,
  };
  const wanted = bridge.disable ? new SwitchedOffNetwork(options) : new BridgeNetwork(options);
  return new PersistentNetwork(wanted, options);
}
