/**
 * The peer's List for who prints a table. Of each container it reads the few values that a row has: taking all hundred of
 * them apart, and loading what can, takes longer than all else that such a program does (docs/decisions/0060-command-line.md).
 */

import { type Container, type Image, STATUSES, type State, type Status } from "../model/container.ts";
import { QUICK_CALL_MS } from "./call-limits.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import { bytesField, integerField, WireFields } from "./wire-fields.ts";

/** What a list says of a container. */
export interface ContainerRow extends Pick<Container, "id" | "name" | "created" | "restartCount"> {
  readonly image: Pick<Image, "name">;
  readonly state: Pick<State, "status" | "startedAt" | "finishedAt" | "exitCode">;
}

/** Fields of the messages in proto/api; a test holds them against the generated ones. */
const CONTAINERS = bytesField(1);
const ID = bytesField(1);
const NAME = bytesField(2);
const IMAGE = bytesField(3);
const STATE = bytesField(15);
const CREATED = bytesField(16);
const RESTART_COUNT = integerField(18);
const IMAGE_NAME = bytesField(1);
const STARTED_AT = bytesField(2);
const EXIT_CODE = integerField(4);
const FINISHED_AT = bytesField(5);
const STATUS = bytesField(11);

function readStatus(text: string): Status {
  return STATUSES.find((status) => status === text) ?? "Unknown";
}

function readState(fields: WireFields): ContainerRow["state"] {
  let status = "";
  let startedAt = "";
  let finishedAt = "";
  let exitCode = 0;
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === STATUS) status = fields.text();
    else if (field === STARTED_AT) startedAt = fields.text();
    else if (field === FINISHED_AT) finishedAt = fields.text();
    else if (field === EXIT_CODE) exitCode = fields.integer();
    else fields.skip();
  }
  return { status: readStatus(status), startedAt, finishedAt, exitCode };
}

function readImage(fields: WireFields): ContainerRow["image"] {
  let name = "";
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === IMAGE_NAME) name = fields.text();
    else fields.skip();
  }
  return { name };
}

function readRow(fields: WireFields): ContainerRow {
  let id = "";
  let name = "";
  let image: ContainerRow["image"] = { name: "" };
  let state: ContainerRow["state"] = { status: "Unknown", startedAt: "", finishedAt: "", exitCode: 0 };
  let created = "";
  let restartCount = 0;
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === ID) id = fields.text();
    else if (field === NAME) name = fields.text();
    else if (field === IMAGE) image = readImage(fields.message());
    else if (field === STATE) state = readState(fields.message());
    else if (field === CREATED) created = fields.text();
    else if (field === RESTART_COUNT) restartCount = fields.integer();
    else fields.skip();
  }
  return { id, name, image, state, created, restartCount };
}

/** Reads a ListContainersResponse. Throws RangeError for what is none. */
export function readRows(message: Uint8Array): readonly ContainerRow[] {
  const rows: ContainerRow[] = [];
  const fields = new WireFields(message);
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === CONTAINERS) rows.push(readRow(fields.message()));
    else fields.skip();
  }
  return rows;
}

/** The Containers service as far as it is used here. */
export const ROWS_SERVICE = {
  name: "Containers",
  fullName: "github.com.eclipse_kanto.container_management.containerm.api.services.containers.Containers",
  methods: {
    list: {
      name: "List",
      requestType: { encode: () => ({ finish: () => new Uint8Array() }), decode: () => ({}) },
      requestStream: false,
      responseType: {
        encode: () => {
          throw new RangeError("rows are read, never sent");
        },
        decode: readRows,
      },
      responseStream: false,
    },
  },
} as const;

/** What is there, in the daemon's order. Throws as `DaemonConnection.ask`. */
export function listRows(
  connection: DaemonConnection,
  signal: AbortSignal,
): Promise<readonly ContainerRow[]> {
  return connection.ask((client, options) => client.unary(ROWS_SERVICE, "list", {}, options), {
    signal,
    timeoutMs: QUICK_CALL_MS,
  });
}
