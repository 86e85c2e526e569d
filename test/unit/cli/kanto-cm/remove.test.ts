/** `kanto-cm remove` with several ids, against a daemon of a few lines. */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainersDefinition } from "../../../../src/api/gen/api/services/containers/containers.ts";
import { containerToWire } from "../../../../src/api/to-wire.ts";
import { runKantoCm } from "../../../../src/cli/kanto-cm/run.ts";
import { GrpcServer } from "../../../../src/grpc/server.ts";
import { plainContainer } from "../../engine/support/spec-input.ts";
import { MemoryTerminal } from "../support/memory-terminal.ts";

interface Seen {
  readonly begun: string[];
  readonly mostAtATime: number;
  readonly code: number;
  readonly err: string;
}

/** Removes `ids` from a daemon that has `present`; each removal ends when as many wait as may, or nobody else will come. */
async function remove(present: readonly string[], ids: readonly string[], side: number): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), "sc-remove-"));
  const server = new GrpcServer();
  const there = new Set(present);
  const begun: string[] = [];
  let waiting: (() => void)[] = [];
  let mostAtATime = 0;
  server.addService(ContainersDefinition, {
    get: async ({ id }) => ({
      container: there.has(id) ? containerToWire(plainContainer({ id })) : undefined,
    }),
    list: async () => ({ containers: [...there].map((id) => containerToWire(plainContainer({ id }))) }),
    remove: async ({ id }) => {
      begun.push(id);
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        mostAtATime = Math.max(mostAtATime, waiting.length);
        if (waiting.length < side && begun.length < present.length) return;
        for (const go of waiting) go();
        waiting = [];
      });
      there.delete(id);
      return {};
    },
  });
  const socket = join(folder, "cm.sock");
  server.listen({ unix: socket });
  try {
    const terminal = new MemoryTerminal();
    const words = ["remove", "--host", socket, ...ids];
    const code = await runKantoCm(words, terminal, AbortSignal.timeout(20_000));
    return { begun, mostAtATime, code, err: terminal.text.err };
  } finally {
    await server.stop({ graceMs: 0 });
    rmSync(folder, { recursive: true, force: true });
  }
}

test("several containers are removed side by side, begun in the order given", async () => {
  const ids = Array.from({ length: 8 }, (_, at) => `c${at}`);
  const { begun, mostAtATime, code, err } = await remove(ids, ids, 4);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect([...begun.slice(0, 4)].sort()).toEqual(ids.slice(0, 4));
  expect([...begun].sort()).toEqual(ids);
  expect(mostAtATime).toBe(4);
});

test("what could not be removed is told in the order given, the others are removed", async () => {
  const { begun, code, err } = await remove(["a", "b"], ["x", "a", "y", "b"], 2);
  expect(code).toBe(1);
  expect([...begun].sort()).toEqual(["a", "b"]);
  expect(err).toBe(
    "Error: containers couldn't be removed due to the following reasons: \n\n* The requested container with ID = x was not found.\n* The requested container with ID = y was not found.\n",
  );
});

test("an id given twice is not there the second time", async () => {
  const { begun, code, err } = await remove(["a"], ["a", "a"], 1);
  expect(code).toBe(1);
  expect(begun).toEqual(["a"]);
  expect(err).toBe("Error: The requested container with ID = a was not found.\n");
});
