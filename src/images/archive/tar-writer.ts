/** Headers of a tar of plain files and folders (ustar): equal content gives equal bytes, no times and no owners. */

const BLOCK = 512;
/** What eleven octal digits hold; larger files have their size in binary, as GNU tar writes it. */
const OCTAL_LIMIT = 8 ** 11;

/** The header before a file's content; content is followed by `tarPadding`. Names up to 100 bytes. */
export function tarHeader(name: string, size: number): Uint8Array {
  const isFolder = name.endsWith("/");
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, "utf8");
  block.write(isFolder ? "0000755" : "0000644", 100);
  block.write("0000000", 108);
  block.write("0000000", 116);
  if (size < OCTAL_LIMIT) block.write(size.toString(8).padStart(11, "0"), 124);
  else {
    block.writeUInt8(0x80, 124);
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write("00000000000", 136);
  block.write("        ", 148);
  block.write(isFolder ? "5" : "0", 156);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** Fills the last block of a file. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Two empty blocks end the archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK);
}
