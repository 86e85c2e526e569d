/**
 * HPACK's static table (RFC 7541, appendix A). It is searched from its beginning, without maps of it: making these takes longer
 * than a client that makes one call spends on its headers, and the names that occur stand in front or are few.
 */

/** Names by index, starting with 1; those that occur several times, with several values, stand together. */
export const STATIC_NAMES: readonly string[] = [
  ":authority",
  ":method",
  ":method",
  ":path",
  ":path",
  ":scheme",
  ":scheme",
  ":status",
  ":status",
  ":status",
  ":status",
  ":status",
  ":status",
  ":status",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "accept",
  "access-control-allow-origin",
  "age",
  "allow",
  "authorization",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "link",
  "location",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "referer",
  "refresh",
  "retry-after",
  "server",
  "set-cookie",
  "strict-transport-security",
  "transfer-encoding",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
];
/** Number of entries; the dynamic table's indices come behind. */
export const STATIC_SIZE = STATIC_NAMES.length;

/** By index, starting with 1; the values of all others are empty. */
const FIRST_VALUES: readonly string[] = [
  "",
  "GET",
  "POST",
  "/",
  "/index.html",
  "http",
  "https",
  "200",
  "204",
  "206",
  "304",
  "400",
  "404",
  "500",
  "",
  "gzip, deflate",
];

/** Value of an entry; `index` must be in the table. */
export function staticValue(index: number): string {
  return FIRST_VALUES[index - 1] ?? "";
}

/** First index of a name, or 0. */
export function staticName(name: string): number {
  return STATIC_NAMES.indexOf(name) + 1;
}

/** Index of a name with its value, or 0. */
export function staticField(name: string, value: string): number {
  let index = staticName(name);
  if (index === 0) return 0;
  for (; STATIC_NAMES[index - 1] === name; index++) if (staticValue(index) === value) return index;
  return 0;
}
