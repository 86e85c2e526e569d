/**
 * Where values begin and end in the text of a configuration, JSON or TOML, so that an edit replaces only them. The text has
 * been read as a whole before: what stands there is known to be well formed.
 */

/** From the first character to behind the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Behind the value that begins at `at`. */
export function valueEnd(text: string, at: number): number {
  const first = text[at];
  if (first === '"' || first === "'") return textEnd(text, at);
  if (first === "[" || first === "{") return bracketEnd(text, at);
  let end = at;
  while (end < text.length && !",]}\n#".includes(text.charAt(end))) end++;
  return at + text.slice(at, end).trimEnd().length;
}

/** The values between the brackets of the list that begins at `at`. */
export function itemSpans(text: string, at: number): readonly Span[] {
  const spans: Span[] = [];
  const end = bracketEnd(text, at) - 1;
  for (let start = skipBlanks(text, at + 1); start < end; start = skipBlanks(text, start)) {
    if (text[start] === ",") {
      start++;
      continue;
    }
    const span = { start, end: valueEnd(text, start) };
    spans.push(span);
    start = span.end;
  }
  return spans;
}

/** Over blanks, line ends and comments. */
export function skipBlanks(text: string, at: number): number {
  for (let place = at; ; place++) {
    const letter = text[place];
    if (letter === "#") {
      const end = text.indexOf("\n", place);
      if (end === -1) return text.length;
      place = end;
    } else if (letter === undefined || !/\s/.test(letter)) return place;
  }
}

/** Behind the text in quotes that begins at `at`; TOML has texts of several lines and texts without escapes. */
function textEnd(text: string, at: number): number {
  const quote = text.charAt(at);
  const isLong = text.startsWith(quote.repeat(3), at);
  const closing = isLong ? quote.repeat(3) : quote;
  for (let place = at + closing.length; place < text.length; place++) {
    if (quote === '"' && text[place] === "\\") place++;
    else if (text.startsWith(closing, place)) {
      let end = place + closing.length;
      // Up to two quotes more belong to a long text.
      while (isLong && text[end] === quote && end < place + 5) end++;
      return end;
    }
  }
  return text.length;
}

function bracketEnd(text: string, at: number): number {
  let depth = 0;
  for (let place = at; place < text.length; ) {
    const letter = text.charAt(place);
    if (letter === '"' || letter === "'") {
      place = textEnd(text, place);
      continue;
    }
    if (letter === "#") {
      place = skipBlanks(text, place);
      continue;
    }
    if (letter === "[" || letter === "{") depth++;
    else if (letter === "]" || letter === "}") depth--;
    place++;
    if (depth === 0) return place;
  }
  return text.length;
}

/** `text` with `span` replaced. */
export function splice(text: string, { start, end }: Span, put: string): string {
  return text.slice(0, start) + put + text.slice(end);
}

/** The list that begins at `at` with `item` behind its last one, in the manner in which the others stand. */
export function appendItem(text: string, at: number, item: string): string {
  const spans = itemSpans(text, at);
  const last = spans.at(-1);
  if (last === undefined) {
    // Comments of an empty list stay.
    const close = bracketEnd(text, at) - 1;
    return splice(text, { start: close, end: close }, item);
  }
  const before = spans.length > 1 ? (spans.at(-2)?.end ?? at) : at + 1;
  const lead = /\n[ \t]*$/.exec(text.slice(before, last.start))?.[0];
  return splice(text, { start: last.end, end: last.end }, `,${lead ?? " "}${item}`);
}

/** The list that begins at `at` without item number `index`. */
export function removeItem(text: string, at: number, index: number): string {
  const spans = itemSpans(text, at);
  const span = spans[index];
  if (span === undefined) return text;
  const next = spans[index + 1];
  const before = spans[index - 1];
  if (before !== undefined) {
    // The comma before it goes with it; a comment between the two stays.
    const comma = skipBlanks(text, before.end);
    const between = text.slice(comma + 1, span.start);
    return text.slice(0, comma) + (between.trim() === "" ? "" : between) + text.slice(span.end);
  }
  if (next !== undefined) return splice(text, { start: span.start, end: next.start }, "");
  const comma = skipBlanks(text, span.end);
  return splice(text, { start: span.start, end: text[comma] === "," ? comma + 1 : span.end }, "");
}
