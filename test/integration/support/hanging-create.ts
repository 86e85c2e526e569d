/** Run as a process of its own: makes record and task with FIFOs that nobody reads, so that Tasks/Create does not answer. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeFifo } from "../../../src/base/libc.ts";
import { silentLog } from "../../../src/base/log.ts";
import { ContainerdEngine } from "../../../src/engine/containerd/containerd-engine.ts";

interface Request {
  readonly address: string;
  readonly namespace: string;
  readonly folder: string;
  readonly id: string;
}

const request = JSON.parse(process.argv[2] ?? "") as Request;
const spec = JSON.parse(process.argv[3] ?? "");
const { address, namespace, folder, id } = request;
const engine = new ContainerdEngine({
  address,
  namespace,
  leaseId: "kanto-cm.lease",
  runcRuntime: "io.containerd.runc.v2",
  runcRoot: join(folder, "runc"),
  scratchDir: join(folder, "scratch-of-child"),
  log: silentLog,
});
const fifos = join(folder, `unread-${id}`);
mkdirSync(fifos);
for (const name of ["stdout", "stderr"]) makeFifo(join(fifos, name), 0o600);
const signal = AbortSignal.timeout(60_000);
await engine.open(signal);
await engine.createTask(
  {
    id,
    snapshotKey: `${id}-snapshot`,
    spec,
    runtime: "io.containerd.runc.v2",
    stdio: { stdin: "", stdout: join(fifos, "stdout"), stderr: join(fifos, "stderr"), terminal: false },
  },
  signal,
);
