/**
 * The packet filter rules that Kanto's libnetwork leaves behind (spec/engine.md §8), read from what `iptables-save` prints:
 * which ports they publish, and the script that takes away what belongs to one bridge. Docker's chains have the same names:
 * what concerns other bridges stays. Pure.
 */

/** One published port, as a `DNAT` rule says it. */
export interface ForwardedPort {
  readonly protocol: string;
  /** Address of the machine; `0.0.0.0` for all. */
  readonly address: string;
  readonly port: number;
  readonly toAddress: string;
  readonly toPort: number;
}

/** Chains that libnetwork makes; one without a rule of somebody's own is taken away with the jumps to it. */
const USER_CHAIN = "DOCKER-USER";
const CHAINS = ["DOCKER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2", USER_CHAIN];
/** The only rule in a chain that libnetwork fills from nothing. */
const EMPTY_RULE = "-j RETURN";

export function forwardedPorts(saved: string): ForwardedPort[] {
  return saved.split("\n").flatMap((line) => {
    const to = /^-A DOCKER .*-j DNAT --to-destination ([\d.]+):(\d+)$/.exec(line);
    const protocol = / -p (tcp|udp|sctp) /.exec(line)?.[1];
    const port = / --dport (\d+) /.exec(line)?.[1];
    if (to?.[1] === undefined || protocol === undefined || port === undefined) return [];
    const address = / -d ([\d.]+)\/32 /.exec(line)?.[1] ?? "0.0.0.0";
    return [{ protocol, address, port: Number(port), toAddress: to[1], toPort: Number(to[2]) }];
  });
}

interface Rule {
  readonly chain: string;
  readonly text: string;
}

/**
 * A script for `iptables-restore --noflush` that takes away libnetwork's rules for this bridge, and its chains when nobody
 * else uses them; empty when there is nothing to take away. The policy of FORWARD stays.
 * @param isInNetwork whether a source address, such as `172.17.0.2/32`, belongs to the bridge
 * @param isOurs whether a rule is one of our own
 */
export function removalOfLibnetwork(
  saved: string,
  bridge: string,
  isInNetwork: (address: string) => boolean,
  isOurs: (rule: string) => boolean,
): string {
  const parts = tablesOf(saved).map(({ name, chains, rules }) => {
    const foreign = rules.filter(({ text }) => !isOurs(text));
    const own = foreign.filter((rule) => concerns(rule, bridge, isInNetwork));
    const lines = own.map(({ chain, text }) => `-D ${chain} ${text}`);
    const rest = foreign.filter((rule) => !own.includes(rule));
    const gone = chainsToGo(chains, rest);
    for (const chain of gone) {
      for (const rule of rest) {
        if (rule.text.endsWith(`-j ${chain}`)) lines.push(`-D ${rule.chain} ${rule.text}`);
      }
    }
    for (const chain of gone) lines.push(`-F ${chain}`);
    for (const chain of gone) lines.push(`-X ${chain}`);
    return lines.length === 0 ? "" : `*${name}\n${lines.join("\n")}\nCOMMIT\n`;
  });
  return parts.join("");
}

interface Table {
  readonly name: string;
  readonly chains: readonly string[];
  readonly rules: readonly Rule[];
}

function tablesOf(saved: string): Table[] {
  return saved
    .split(/^\*/m)
    .slice(1)
    .map((text) => {
      const lines = text.split("\n");
      return {
        name: lines[0] ?? "",
        chains: lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []),
        rules: lines.flatMap((line) => {
          const [, chain, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
          return chain === undefined || rule === undefined ? [] : [{ chain, text: rule }];
        }),
      };
    });
}

/** Rules of libnetwork's kinds alone: a rule that an administrator has made for the bridge is not among them. */
function concerns({ chain, text }: Rule, bridge: string, isInNetwork: (address: string) => boolean): boolean {
  const namesBridge = text.includes(`-i ${bridge} `) || text.includes(`-o ${bridge} `);
  if (CHAINS.includes(chain) && chain !== USER_CHAIN) return namesBridge;
  if (chain === "FORWARD") {
    return (
      text === `-o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT` ||
      text === `-o ${bridge} -j DOCKER` ||
      text === `-i ${bridge} ! -o ${bridge} -j ACCEPT` ||
      text === `-i ${bridge} -o ${bridge} -j ACCEPT` ||
      text === `-i ${bridge} -o ${bridge} -j DROP`
    );
  }
  if (chain !== "POSTROUTING" || !text.endsWith("-j MASQUERADE")) return false;
  if (text === `-o ${bridge} -m addrtype --src-type LOCAL -j MASQUERADE`) return true;
  const source = /^-s (\S+) /.exec(text)?.[1];
  if (source === undefined || !isInNetwork(source)) return false;
  return (
    text === `-s ${source} ! -o ${bridge} -j MASQUERADE` || text.startsWith(`-s ${source} -d ${source} `)
  );
}

/** Ways into a chain that do not say for whom they are. */
const BARE_JUMP = /^(! -d 127\.0\.0\.0\/8 )?(-m addrtype --dst-type LOCAL )?-j \S+$/;

/** Chains of libnetwork's that hold nothing any more but returns, and to which nobody sends packets of another bridge. */
function chainsToGo(chains: readonly string[], rest: readonly Rule[]): string[] {
  const there = CHAINS.filter((chain) => chains.includes(chain));
  const unused = there.filter((chain) =>
    rest.every(
      (rule) =>
        (rule.chain !== chain || rule.text === EMPTY_RULE) &&
        (!rule.text.endsWith(`-j ${chain}`) || BARE_JUMP.test(rule.text)),
    ),
  );
  // Docker's own, when there is docker.
  const isNeeded = there.some((chain) => chain !== USER_CHAIN && !unused.includes(chain));
  return unused.filter((chain) => chain !== USER_CHAIN || !isNeeded);
}
