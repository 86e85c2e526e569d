/** Mutations for fuzzing: of bytes, and of what a JSON document says. */

/** A small generator that repeats itself for a seed (xorshift). */
export function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const WORDS = [
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{"polluted":true}},',
  "null",
  "[]",
  "{}",
  "-1",
  "1e999",
  "0.1",
  "99999999999999999999999999",
  '"\\ud800"',
  '"\\u0000"',
  "//",
  "/*",
  ",",
  "}",
  "[[[[[[[[",
  '"protocol":"x",',
  '"host_config":{"privileged":1},',
  "\u2028",
  "ÿ",
].map((word) => new TextEncoder().encode(word));

/** Bytes cut, doubled, replaced, mixed with those of others. */
export function mutate(
  bytes: Uint8Array,
  others: readonly Uint8Array[],
  random: (below: number) => number,
): Uint8Array {
  let result = bytes;
  for (let round = random(4); round >= 0; round--) {
    const at = random(result.length + 1);
    const length = random(20);
    const word = WORDS[random(WORDS.length)] ?? new Uint8Array();
    const other = others[random(others.length)] ?? new Uint8Array();
    const from = random(other.length + 1);
    const pieces = [
      () => [result.subarray(0, at), word, result.subarray(at)],
      () => [result.subarray(0, at), result.subarray(Math.min(result.length, at + length))],
      () => [result.subarray(0, at)],
      () => [result.subarray(0, at), new Uint8Array([random(256)]), result.subarray(at + 1)],
      () => [result.subarray(0, at), other.subarray(from)],
      () => [result.subarray(0, at), result.subarray(Math.max(0, at - length), at), result.subarray(at)],
      () => [result.subarray(0, at), word, result.subarray(Math.min(result.length, at + word.length))],
    ][random(7)];
    result = Buffer.concat(pieces?.() ?? [result]);
  }
  return result;
}

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  65_536,
  1.5,
  2 ** 53,
  "",
  "x",
  "../x",
  "\0",
  "64M",
  "-1",
  "host",
  "none",
  "always",
  [],
  [null],
  ["A=1"],
  {},
  { a: {} },
];
const KEYS = [
  "__proto__",
  "constructor",
  "proto",
  "Name",
  "name",
  "container_id",
  "image",
  "x",
  "",
  "host_port",
];

/** Keeps the text valid JSON and changes what it says: a value, a key, a member less or twice the same list entry. */
export function rewrite(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const change = (value: unknown): unknown => {
    if (random(12) === 0) return VALUES[random(VALUES.length)];
    if (Array.isArray(value)) return [...value.map(change), ...(random(8) === 0 ? value.slice(0, 2) : [])];
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(() => random(20) !== 0)
        .map(([key, member]) => [
          random(20) === 0 ? (KEYS[random(KEYS.length)] ?? key) : key,
          change(member),
        ]),
    );
  };
  try {
    return new TextEncoder().encode(
      JSON.stringify(change(JSON.parse(new TextDecoder().decode(bytes)))) ?? "",
    );
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return bytes;
    throw thrown;
  }
}
