/**
 * R10: damaged frames and connections that come and go. `FUZZ_GRPC_MUTATIONS` and `FUZZ_GRPC_CONNECTIONS` set other counts
 * (the full figure: 10000 connections); the seed of a failing run can be given back with `FUZZ_SEED`. `FUZZ_GRPC_P99_MS` is
 * how long another client may wait; without it the time is printed only.
 */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { ByteConnection } from "../../src/base/byte-connection.ts";
import { connectSocket } from "../../src/base/socket.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import { PREFACE } from "../../src/grpc/http2/frame.ts";
import { GrpcServer } from "../../src/grpc/server.ts";
import { untilReady } from "../integration/support/until-ready.ts";
import { Echo } from "../unit/grpc/echo-service.ts";
import { makePair } from "../unit/grpc/pair.ts";
import {
  attackClient,
  attackServer,
  BOUNDED,
  KINDS,
  type Recording,
  record,
  turn,
} from "./grpc/conversations.ts";
import { mutate } from "./grpc/mutate.ts";
import { Random } from "./grpc/random.ts";

const MUTATIONS = Number(process.env["FUZZ_GRPC_MUTATIONS"] ?? 20_000);
const CONNECTIONS = Number(process.env["FUZZ_GRPC_CONNECTIONS"] ?? 500);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const P99_MS = Number(process.env["FUZZ_GRPC_P99_MS"] ?? Number.POSITIVE_INFINITY);
const LIMIT_MS = 60_000 + 20 * MUTATIONS + 100 * CONNECTIONS;

async function recordAll(): Promise<Recording[]> {
  const all: Recording[] = [];
  for (let kind = 0; kind < KINDS; kind++) all.push(await record(kind));
  return all;
}

test(
  "damaged frames: no surprise, no hang, nothing left, others are served",
  async () => {
    const random = new Random(SEED);
    const recordings = await recordAll();
    const server = new GrpcServer();
    server.addService(Echo, BOUNDED);
    const findings: string[] = [];
    const onUnexpected = (reason: unknown) => findings.push(`unhandled: ${reason}`);
    process.on("unhandledRejection", onUnexpected);
    let atServer = 0;
    try {
      for (let round = 0; round < MUTATIONS && findings.length === 0; round++) {
        const kind = random.below(KINDS);
        const recording = recordings[kind];
        if (recording === undefined) throw new Error("no such recording");
        const isAtServer = random.below(3) > 0;
        const data = mutate(isAtServer ? recording.fromClient : recording.fromServer, random);
        const finding = isAtServer
          ? await attackServer(server, data, random)
          : await attackClient(kind, data, random);
        if (isAtServer) atServer++;
        if (finding !== undefined) findings.push(`round ${round}: ${finding}; ${data.toString("hex")}`);
      }
      for (let rounds = 0; rounds < 50; rounds++) await turn();
      await until(() => server.connectionCount === 0 && server.activeCalls === 0, "nothing is left");
      const { client } = await makePair();
      expect(await client.unary(Echo, "say", "still served")).toBe("still served");
    } finally {
      process.off("unhandledRejection", onUnexpected);
    }
    console.log(`grpc fuzz: seed ${SEED}, ${MUTATIONS} mutations, ${atServer} of them at the server`);
    expect(findings).toEqual([]);
  },
  LIMIT_MS,
);

/** What one hostile connection does; gives how to end it later, if it wants to stay. */
async function misbehave(
  path: string,
  random: Random,
  recordings: readonly Recording[],
): Promise<ByteConnection> {
  const connection = await connectSocket({ unix: path });
  connection.open({ data: () => undefined, drained: () => undefined, closed: () => undefined });
  const recording = recordings[random.below(recordings.length)];
  const conversation = Buffer.concat([...(recording?.fromClient ?? [])]);
  switch (random.below(7)) {
    case 0:
      break;
    case 1:
      connection.write(PREFACE.subarray(0, random.below(PREFACE.length)));
      break;
    case 2:
      connection.write(random.bytes(1 + random.below(200)));
      break;
    case 3:
      connection.write(conversation.subarray(0, random.below(conversation.length)));
      break;
    case 4:
      connection.write(mutate(recording?.fromClient ?? [], random));
      break;
    case 5:
      connection.write(conversation);
      break;
    default:
      // Asks for answers without end and never reads one.
      connection.pause();
      for (const piece of recordings[1]?.fromClient ?? []) connection.write(piece);
  }
  return connection;
}

test(
  "connections that come, misbehave and go: the server lives, serves others and does not grow",
  async () => {
    const random = new Random(SEED + 1);
    const recordings = await recordAll();
    const folder = mkdtempSync(join(tmpdir(), "supercargo-fuzz-"));
    const path = join(folder, "grpc.sock");
    const target = Bun.spawn([process.execPath, join(import.meta.dir, "grpc/target.ts"), path], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    try {
      await untilReady(target.stdout);
      const client = await GrpcClient.connect({ unix: path });
      const ask = async () => JSON.parse(await client.unary(Echo, "missing", "", { timeoutMs: 30_000 }));
      const took: number[] = [];
      const attack = async (count: number) => {
        const open: ByteConnection[] = [];
        for (let at = 0; at < count; at++) {
          open.push(await misbehave(path, random, recordings));
          if (open.length >= 20) open.splice(random.below(open.length), 1)[0]?.destroy();
          const began = performance.now();
          expect(await client.unary(Echo, "say", `${at}`, { timeoutMs: 30_000 })).toBe(`${at}`);
          took.push(performance.now() - began);
        }
        for (const connection of open) connection.destroy();
      };
      // The first part warms up, so that growth is not that of the runtime's own tables.
      await attack(Math.ceil(CONNECTIONS / 3));
      const before = await ask();
      took.length = 0;
      await attack(CONNECTIONS - Math.ceil(CONNECTIONS / 3));
      let after = await ask();
      const end = performance.now() + 20_000;
      while (after.connections > 1 && performance.now() < end) after = await ask();
      took.sort((a, b) => a - b);
      const p99 = took[Math.floor(took.length * 0.99)] ?? 0;
      const grownMiB = (after.rssBytes - before.rssBytes) / 2 ** 20;
      console.log(
        `grpc connections: seed ${SEED}, ${CONNECTIONS} connections, another client's p99 ${p99.toFixed(1)} ms, ` +
          `grown by ${grownMiB.toFixed(1)} MiB`,
      );
      expect(after).toMatchObject({ connections: 1, calls: 1 });
      expect(grownMiB).toBeLessThan(64);
      expect(p99).toBeLessThan(P99_MS);
      expect(target.exitCode).toBeNull();
      client.close();
      await client.closed;
    } finally {
      target.stdin.end();
      await target.exited;
      rmSync(folder, { recursive: true });
    }
    expect(target.exitCode).toBe(0);
  },
  LIMIT_MS,
);
