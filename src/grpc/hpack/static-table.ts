/** HPACK's static table (RFC 7541, appendix A): names and values by index, starting with 1. */

const ROWS = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`.split("\n");

function split(row: string): readonly [string, string] {
  const space = row.indexOf(" ");
  return space < 0 ? [row, ""] : [row.slice(0, space), row.slice(space + 1)];
}

export const STATIC_ENTRIES: readonly (readonly [string, string])[] = ROWS.map(split);
/** Number of entries; the dynamic table's indices come behind. */
export const STATIC_SIZE = STATIC_ENTRIES.length;

/** First index of a name. */
export const STATIC_NAMES: ReadonlyMap<string, number> = new Map(
  STATIC_ENTRIES.map(([name], at): [string, number] => [name, at + 1]).reverse(),
);
/** Index of a name with its value, keyed as `fieldKey` does. */
export const STATIC_FIELDS: ReadonlyMap<string, number> = new Map(
  STATIC_ENTRIES.map(([name, value], at): [string, number] => [fieldKey(name, value), at + 1]).reverse(),
);

/** One text of name and value; a zero byte is in no valid name. */
export function fieldKey(name: string, value: string): string {
  return `${name}\0${value}`;
}
