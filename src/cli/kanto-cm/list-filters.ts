/** `--filter` and `--sort` of `kanto-cm list`. */

import type { ContainerRow } from "../../api/container-rows.ts";
import type { ContainerDetails } from "../../api/gen/supercargo/v1/details.ts";
import { CommandError } from "../command-error.ts";

/** A row, or with a wider `Shown` all of a container. */
export interface ListedContainer<Shown extends ContainerRow = ContainerRow> {
  readonly container: Shown;
  /** undefined with Kanto's daemon, or when nothing needs them. */
  readonly details: ContainerDetails | undefined;
}

/** Those of the containers that are asked for, in the order that is asked for. */
export type Choose = <Shown extends ContainerRow>(
  containers: readonly Shown[],
  details?: ReadonlyMap<string, ContainerDetails>,
) => readonly ListedContainer<Shown>[];

export type Test = (listed: ListedContainer) => boolean;

export const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();

/** What only our daemon can tell of a container; see `detail-filters.ts`, which a list without them need not load. */
const DETAIL_KINDS = ["health", "origin", "label"];

/** Kinds beyond the peer's: name and id by a part. */
const TESTS: Readonly<Record<string, (value: string) => Test>> = {
  status: (value) => (listed) => same(listed.container.state.status, value),
  image: (value) => (listed) => same(listed.container.image.name, value),
  exitcode: exitCodeTest,
  name: (value) => (listed) => listed.container.name.includes(value),
  id: (value) => (listed) => listed.container.id.startsWith(value),
};

/** -1 is no filter. */
function exitCodeTest(value: string): Test {
  if (!/^[+-]?\d+$/.test(value)) {
    throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  const code = Number(value);
  return ({ container }) => code === -1 || container.state.exitCode === code;
}

export interface ListFilter {
  readonly test: Test;
  readonly needsDetails: boolean;
}

/** All must match; of a repeated kind the last one counts. */
export async function readFilters(texts: readonly string[]): Promise<ListFilter> {
  const tests = new Map<string, Test>();
  for (const text of texts) {
    const [kind = "", ...rest] = text.split("=");
    const table = DETAIL_KINDS.includes(kind) ? (await import("./detail-filters.ts")).DETAIL_TESTS : TESTS;
    const make = Object.hasOwn(table, kind) ? table[kind] : undefined;
    if (make === undefined) throw new CommandError(`no filter: ${kind}`);
    tests.set(kind, make(rest.join("=")));
  }
  return {
    test: (listed) => [...tests.values()].every((test) => test(listed)),
    needsDetails: [...tests.keys()].some((kind) => DETAIL_KINDS.includes(kind)),
  };
}

type Key = (container: ContainerRow) => string | number;

const SORT_KEYS: Readonly<Record<string, Key>> = {
  created: ({ created }) => created,
  name: ({ name }) => name,
  id: ({ id }) => id,
  image: ({ image }) => image.name,
  status: ({ state }) => state.status,
  finished: ({ state }) => state.finishedAt,
  started: ({ state }) => state.startedAt,
  restarts: ({ restartCount }) => restartCount,
};

/** Words for `--sort`. */
export const SORT_WORDS: readonly string[] = Object.keys(SORT_KEYS);

/** Order by a key, then by creation and id, so that the same containers always come in the same order. */
export function sorter(key: string): (a: ListedContainer, b: ListedContainer) => number {
  const first = Object.hasOwn(SORT_KEYS, key) ? SORT_KEYS[key] : undefined;
  if (first === undefined) {
    throw new CommandError(`no order: ${key}; one of ${SORT_WORDS.join(", ")}`);
  }
  const keys: readonly Key[] = [first, ({ created }) => created, ({ id }) => id];
  return ({ container: a }, { container: b }) => {
    for (const get of keys) {
      const [left, right] = [get(a), get(b)];
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  };
}
