/** Digests by the runtime's own hasher; loading node's crypto module costs 6 ms at every start of a program. */

/** SHA-256 as 64 hexadecimal digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}
