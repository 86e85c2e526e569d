/**
 * Durable state, in Kanto's form: `<home>/containers/<id>/config.json`, with what only we know beside it in
 * `supercargo.json` (DESIGN §1.3). All writes are atomic and durable when the call returns.
 */

import type { Container } from "../model/container.ts";

/** What we keep of a container that Kanto's form has no place for. */
export interface Additions {
  /** Who made it: `grpc`, `folder`, `init-dir`, `desired-state`. */
  readonly origin: string;
  /** Free room for parts of the house: small JSON values by name (e.g. `published`, `stop`, `labels`). */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface StoredContainer {
  readonly container: Container;
  readonly additions: Additions;
  /** config.json was changed by somebody else since we wrote it (Kanto): adopted, additions kept. */
  readonly editedElsewhere: boolean;
}

export interface StoreProblem {
  readonly id: string;
  readonly path: string;
  readonly reason: string;
}

export interface LoadedState {
  readonly containers: readonly StoredContainer[];
  readonly problems: readonly StoreProblem[];
  /** Nothing was ever stored in this home: it is new, or the partition it lies on is not mounted. */
  readonly isNew: boolean;
}

export interface ContainerStore {
  /** `<home>/containers/<id>`. Throws SC_CONTAINER_INVALID for an id that is not a safe file name. */
  containerDir(id: string): string;
  /**
   * Everything readable, with defaults filled into old state. Folders without config.json are taken away (an interrupted
   * create); what cannot be read is moved to `<home>/supercargo/quarantine/` and reported, never deleted.
   */
  load(): LoadedState;
  /** From now on the home counts as in use (`isNew` false). */
  claim(): void;
  /** Makes the folder if missing (0711). Both files 0600: environment and arguments can hold secrets (Kanto's is 0644). */
  save(container: Container, additions: Additions): void;
  /** Folder and all; missing is fine. config.json goes first, so that a cut-off removal is finished by the next load. */
  remove(id: string): void;
}

/** Notes of what takes several steps: written before the step, removed after the last. One JSON value per key. */
export interface Journal {
  write(key: string, entry: unknown): void;
  remove(key: string): void;
  /** Unreadable notes are quarantined and reported as problems. */
  entries(): { readonly entries: ReadonlyMap<string, unknown>; readonly problems: readonly StoreProblem[] };
}
