/** Digests by the runtime's own hasher: loading node's crypto module costs 2 ms and 3 MiB at every start of a program. */

/** SHA-256 as 64 hexadecimal digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(content).digest("hex");
}

/** SHA-256 of what comes piece by piece. */
export class Sha256 {
  readonly #hasher = new Bun.CryptoHasher("sha256");

  update(content: string | Uint8Array): void {
    this.#hasher.update(content);
  }

  /** 64 hexadecimal digits of all pieces; nothing can be added afterwards. */
  hex(): string {
    return this.#hasher.digest("hex");
  }
}

/** Hexadecimal digits of a digest that others chose; the weak ones are for checksums of theirs, never for trust. */
export function digestHex(algorithm: "md5" | "sha1" | "sha256", content: Uint8Array): string {
  return new Bun.CryptoHasher(algorithm).update(content).digest("hex");
}
