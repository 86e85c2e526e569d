// Writes tar and ar archives byte for byte the same for the same content: Debian's packages are an ar of two tars.

/** @typedef {{ path: string, mode?: number, content?: Buffer, link?: string, folder?: true }} Member */

const BLOCK = 512;

function octal(value, width) {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

function tarHeader({ path, mode, size, type, link, time }) {
  if (Buffer.byteLength(path) > 100) throw new Error(`a path of more than 100 bytes: ${path}`);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(time, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write(link, 157);
  header.write("ustar\x0000", 257);
  header.write("root", 265);
  header.write("root", 297);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/**
 * A tar of these members, owned by root, with the folders above them.
 * @param {readonly Member[]} members paths without a leading slash
 * @param {number} time seconds since the epoch, for each of them
 */
export function tar(members, time) {
  const folders = new Set();
  for (const { path } of members) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join("/"));
  }
  for (const { path, folder } of members) if (folder) folders.delete(path);
  const all = [...[...folders].map((path) => ({ path, folder: true })), ...members];
  const pieces = [tarHeader({ path: "./", mode: 0o755, size: 0, type: "5", link: "", time })];
  for (const { path, mode, content, link, folder } of all.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (folder) {
      pieces.push(tarHeader({ path: `./${path}/`, mode: mode ?? 0o755, size: 0, type: "5", link: "", time }));
    } else if (link !== undefined) {
      pieces.push(tarHeader({ path: `./${path}`, mode: 0o777, size: 0, type: "2", link, time }));
    } else {
      const size = content.length;
      pieces.push(tarHeader({ path: `./${path}`, mode: mode ?? 0o644, size, type: "0", link: "", time }));
      pieces.push(content, Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
    }
  }
  pieces.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(pieces);
}

/**
 * An ar archive (the common form, ar(5)).
 * @param {readonly { name: string, content: Buffer }[]} members
 * @param {number} time seconds since the epoch
 */
export function ar(members, time) {
  const pieces = [Buffer.from("!<arch>\n")];
  for (const { name, content } of members) {
    const fields = [
      name.padEnd(16),
      String(time).padEnd(12),
      "0".padEnd(6),
      "0".padEnd(6),
      "100644".padEnd(8),
      String(content.length).padEnd(10),
    ];
    pieces.push(Buffer.from(`${fields.join("")}\`\n`), content);
    if (content.length % 2 === 1) pieces.push(Buffer.from("\n"));
  }
  return Buffer.concat(pieces);
}
