/** Messages and attributes of netlink (linux/netlink.h): building and taking apart. Pure. */

export interface NetlinkMessage {
  readonly type: number;
  readonly payload: Uint8Array;
}

export const NETLINK_ERROR = 2;
export const NETLINK_DONE = 3;
const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** The upper bits of an attribute's type say "nested" and "network byte order". */
const TYPE_MASK = 0x3fff;

/** A message with header; length and numbers of the header are in the machine's byte order, little endian where bun runs. */
export function buildMessage(type: number, flags: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, 1, true);
  message.set(payload, HEADER_BYTES);
  return message;
}

/** The messages of one datagram; what is cut off at the end is left out. */
export function parseMessages(datagram: Uint8Array): NetlinkMessage[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= datagram.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > datagram.length) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      payload: datagram.subarray(at + HEADER_BYTES, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

/** The errno that an error message carries; 0 is an acknowledgement. */
export function errorNumber(message: NetlinkMessage): number {
  const { payload } = message;
  return payload.length < 4 ? 0 : -new DataView(payload.buffer, payload.byteOffset).getInt32(0, true);
}

export function buildAttribute(type: number, value: Uint8Array): Uint8Array {
  const attribute = new Uint8Array(aligned(ATTRIBUTE_HEADER_BYTES + value.length));
  const view = new DataView(attribute.buffer);
  view.setUint16(0, ATTRIBUTE_HEADER_BYTES + value.length, true);
  view.setUint16(2, type, true);
  attribute.set(value, ATTRIBUTE_HEADER_BYTES);
  return attribute;
}

/** Attributes by type; the last of a type counts. */
export function parseAttributes(data: Uint8Array): Map<number, Uint8Array> {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= data.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > data.length) break;
    const value = data.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length);
    attributes.set(view.getUint16(at + 2, true) & TYPE_MASK, value);
    at += aligned(length);
  }
  return attributes;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
