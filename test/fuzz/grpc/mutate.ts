/** Damages recorded HTTP/2 bytes: whole frames (taken away, doubled, swapped, invented) and single bytes. */

import { frameBytes } from "../../unit/grpc/raw-peer.ts";
import type { Random } from "./random.ts";

/** Bytes of one side as pieces: preface and frames. */
export function splitFrames(bytes: Buffer, prefaceBytes: number): Buffer[] {
  const pieces = prefaceBytes > 0 ? [bytes.subarray(0, prefaceBytes)] : [];
  for (let at = prefaceBytes; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

const LENGTHS = [0, 1, 4, 5, 6, 8, 9, 17, 100, 16_384] as const;
const IDS = [0, 1, 2, 3, 4, 5, 7, 9, 11, 99, 2 ** 31 - 1] as const;
const EDGES = [0x00, 0x01, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xbe, 0xff] as const;

function inventFrame(random: Random): Buffer {
  const type = random.below(12);
  const payload = random.bytes(random.pick(LENGTHS) || random.below(40));
  if (random.below(2) === 0) for (let at = 0; at < payload.length; at++) payload[at] = random.pick(EDGES);
  return frameBytes(
    type,
    random.below(4) === 0 ? random.below(256) : random.pick([0, 1, 4, 5, 8, 32, 37]),
    random.pick(IDS),
    payload,
  );
}

/** One to six damages. */
export function mutate(pieces: readonly Buffer[], random: Random): Buffer {
  const changed: Buffer[] = pieces.map((piece) => Buffer.from(piece));
  const rounds = 1 + random.below(6);
  for (let round = 0; round < rounds; round++) {
    const at = random.below(changed.length || 1);
    const piece = changed[at] ?? Buffer.alloc(0);
    switch (random.below(9)) {
      case 0:
        changed.splice(at, 1);
        break;
      case 1:
        changed.splice(at, 0, Buffer.from(piece));
        break;
      case 2:
        changed.splice(random.below(changed.length + 1), 0, ...changed.splice(at, 1));
        break;
      case 3:
        changed.splice(at, 0, inventFrame(random));
        break;
      case 4:
        if (piece.length > 0) piece[random.below(piece.length)] = random.below(256);
        break;
      case 5:
        if (piece.length > 0) piece[random.below(piece.length)] = random.pick(EDGES);
        break;
      case 6:
        // Type, flags or stream id of a frame.
        if (piece.length >= 9) piece[3 + random.below(6)] = random.below(16);
        break;
      case 7:
        changed[at] = piece.subarray(0, random.below(piece.length + 1));
        break;
      default: {
        // Another payload of the right length.
        if (piece.length > 9) piece.set(random.bytes(Math.min(8, piece.length - 9)), 9);
      }
    }
  }
  return Buffer.concat(changed);
}
