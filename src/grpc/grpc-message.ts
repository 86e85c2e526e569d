/** Texts in the `grpc-message` trailer: UTF-8 with everything but printable ASCII percent-encoded (grpc/grpc, doc/PROTOCOL-HTTP2.md). */

const PLAIN = /^[ -$&-~]*$/;

/** Longest encoded message: clients bound all trailers together (grpcio: 8 KiB), and a status that is refused says nothing. */
const MAX_ENCODED_BYTES = 4_096;
const CUT = "...";

/** Message as it goes over the wire; one that is too long is cut behind a whole character. */
export function encodeGrpcMessage(message: string): string {
  if (message.length <= MAX_ENCODED_BYTES && PLAIN.test(message)) return message;
  let encoded = "";
  for (const character of message) {
    const next = PLAIN.test(character) ? character : percentEncode(character);
    if (encoded.length + next.length > MAX_ENCODED_BYTES - CUT.length) return encoded + CUT;
    encoded += next;
  }
  return encoded;
}

function percentEncode(character: string): string {
  let encoded = "";
  for (const byte of Buffer.from(character, "utf8")) {
    encoded += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Message as it was meant; what is not properly encoded stays as it is, as the protocol demands. */
export function decodeGrpcMessage(text: string): string {
  if (PLAIN.test(text)) return text;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = text[at] === "%" ? text.slice(at + 1, at + 3) : "";
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      bytes.push(text.charCodeAt(at) & 0xff);
    }
  }
  return Buffer.from(bytes).toString("utf8");
}
