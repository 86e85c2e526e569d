/** Size texts such as `64M` or `1.5 g`: number, optional blank, unit letter; 1024-based (spec/grpc-api.md §7). */

/** No size needs more; longer texts are not worth a pattern. */
const LIMIT_CHARACTERS = 64;
const SIZE = /^(\d+(?:\.\d+)*) ?([kKmMgG])$/;
const PLAIN_NUMBER = /^\d+(?:\.\d+)?$/;
const FACTORS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function split(text: string): { readonly number: string; readonly unit: string } | undefined {
  const match = text.length > LIMIT_CHARACTERS ? null : SIZE.exec(text);
  const number = match?.[1];
  const unit = match?.[2];
  // `1.2.3M` fits the peer's pattern and fails in its number parsing; both are the same refusal.
  if (number === undefined || unit === undefined || !PLAIN_NUMBER.test(number)) return undefined;
  return { number, unit };
}

/** Whole bytes of a size text, cut not rounded; undefined when it is none. Plain bytes without a unit are none. */
export function parseSizeBytes(text: string): number | undefined {
  const parts = split(text);
  if (parts === undefined) return undefined;
  const bytes = Math.trunc(Number(parts.number) * (FACTORS[parts.unit.toLowerCase()] ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Twice the size in the same unit letter, four decimals at most, no trailing zeros: `1.2g` becomes `2.4g`. */
export function doubledSize(text: string): string | undefined {
  const parts = split(text);
  if (parts === undefined) return undefined;
  const fixed = (Number(parts.number) * 2).toFixed(4);
  return `${fixed.replace(/\.?0+$/, "")}${parts.unit}`;
}
