/** HPACK against the vectors of RFC 7541 appendix C, round trips, and blocks that must be refused. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HpackDecoder } from "../../../src/grpc/hpack/decoder.ts";
import { HpackEncoder } from "../../../src/grpc/hpack/encoder.ts";
import { HpackError } from "../../../src/grpc/hpack/hpack-error.ts";
import { huffmanDecode, huffmanEncode, huffmanLength } from "../../../src/grpc/hpack/huffman.ts";

const LIST_LIMIT = 1 << 20;

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s/g, ""), "hex");
}

function decodeAll(blocks: readonly string[], tableBytes: number): string[][] {
  const decoder = new HpackDecoder(tableBytes, LIST_LIMIT);
  return blocks.map((block) => [...decoder.decode(bytes(block)).fields]);
}

const REQUESTS = [
  [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"],
  [
    ":method",
    "GET",
    ":scheme",
    "http",
    ":path",
    "/",
    ":authority",
    "www.example.com",
    "cache-control",
    "no-cache",
  ],
  [
    ...[":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"],
    ...["custom-key", "custom-value"],
  ],
];
const FIRST_DATE = "Mon, 21 Oct 2013 20:13:21 GMT";
const RESPONSES = [
  [
    ...[":status", "302", "cache-control", "private", "date", FIRST_DATE],
    ...["location", "https://www.example.com"],
  ],
  [
    ...[":status", "307", "cache-control", "private", "date", FIRST_DATE],
    ...["location", "https://www.example.com"],
  ],
  [
    ...[":status", "200", "cache-control", "private", "date", "Mon, 21 Oct 2013 20:13:22 GMT"],
    ...["location", "https://www.example.com", "content-encoding", "gzip"],
    ...["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
  ],
];
const REQUEST_HUFFMAN = [
  "828684418cf1e3c2e5f23a6ba0ab90f4ff",
  "828684be5886a8eb10649cbf",
  "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
];
const RESPONSE_HUFFMAN = [
  `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff
   6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
  "4883640effc1c0bf",
  `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af
   27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
];

describe("RFC 7541 appendix C", () => {
  test("C.2: single fields in all four representations", () => {
    expect(decodeAll(["400a637573746f6d2d6b65790d637573746f6d2d686561646572"], 4096)).toEqual([
      ["custom-key", "custom-header"],
    ]);
    expect(decodeAll(["040c2f73616d706c652f70617468"], 4096)).toEqual([[":path", "/sample/path"]]);
    expect(decodeAll(["100870617373776f726406736563726574"], 4096)).toEqual([["password", "secret"]]);
    expect(decodeAll(["82"], 4096)).toEqual([[":method", "GET"]]);
  });

  test("C.3: requests without Huffman share one dynamic table", () => {
    const blocks = [
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ];
    expect(decodeAll(blocks, 4096)).toEqual(REQUESTS);
  });

  test("C.4: requests with Huffman", () => {
    expect(decodeAll(REQUEST_HUFFMAN, 4096)).toEqual(REQUESTS);
  });

  test("C.5: responses without Huffman in a table of 256 bytes, from which entries leave", () => {
    const blocks = [
      `4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17687474
       70733a2f2f7777772e6578616d706c652e636f6d`,
      "4803333037c1c0bf",
      `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a
       4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31`,
    ];
    expect(decodeAll(blocks, 256)).toEqual(RESPONSES);
  });

  test("C.6: responses with Huffman in a table of 256 bytes", () => {
    expect(decodeAll(RESPONSE_HUFFMAN, 256)).toEqual(RESPONSES);
  });

  test("our encoder writes the requests of C.4 as the RFC does", () => {
    const encoder = new HpackEncoder(4096);
    const written = REQUESTS.map((fields) => encoder.encode(fields).toString("hex"));
    expect(written).toEqual(REQUEST_HUFFMAN);
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,20}$/);
const value = fc.oneof(
  fc.stringMatching(/^[ -~]{0,60}$/),
  fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw).toString("latin1")),
);
const fieldList = fc.array(fc.tuple(name, value), { maxLength: 30 }).map((pairs) => pairs.flat());

describe("round trips", () => {
  test("any bytes through Huffman come back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (raw) => {
        const text = Buffer.from(raw).toString("latin1");
        const target = Buffer.alloc(huffmanLength(text) + 1, 0xaa);
        const end = huffmanEncode(text, target, 0);
        expect(end).toBe(huffmanLength(text));
        expect(target[end]).toBe(0xaa);
        expect(huffmanDecode(target, 0, end)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test("any sequence of lists and table sizes comes back, entry for entry", () => {
    const step = fc.record({ fields: fieldList, resize: fc.option(fc.integer({ min: 0, max: 5000 })) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const encoder = new HpackEncoder(4096);
        const decoder = new HpackDecoder(4096, LIST_LIMIT);
        for (const { fields, resize } of steps) {
          if (resize !== null) encoder.setPeerMaxBytes(resize);
          // Twice: the second time from the table.
          for (let round = 0; round < 2; round++) {
            expect(decoder.decode(encoder.encode(fields)).fields).toEqual(fields);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a list sent again costs one byte per field", () => {
    const encoder = new HpackEncoder(4096);
    const fields = [":path", "/a.Service/Method", "x-name", "value", "content-type", "application/grpc"];
    encoder.encode(fields);
    expect(encoder.encode(fields).length).toBe(3);
  });

  test("fields with secrets are marked never to be indexed", () => {
    const encoder = new HpackEncoder(4096);
    for (let round = 0; round < 2; round++)
      expect((encoder.encode(["authorization", "x"])[0] ?? 0) & 0xf0).toBe(0x10);
  });

  test("a table that shrank and grew again between blocks is announced with both sizes", () => {
    const encoder = new HpackEncoder(4096);
    encoder.setPeerMaxBytes(0);
    encoder.setPeerMaxBytes(4096);
    expect(encoder.encode([":method", "GET"]).toString("hex")).toBe("203fe11f82");
  });
});

describe("refused blocks", () => {
  const REFUSED: readonly (readonly [string, string])[] = [
    ["index 0", "80"],
    ["an index behind both tables", "be"],
    ["a size update above the setting", "3fe21f"],
    ["a size update behind a field", "8220"],
    ["an integer that does not end", "ffffffffffffffffff"],
    ["an integer above the limit", "ffffffffff0f"],
    ["a text that reaches over the end", "400a6375"],
    ["a field without its value", "4001"],
    ["a Huffman text with the end mark", "00018a84fffffffff0"],
    ["Huffman padding of a whole byte", "0001618207ff"],
    ["Huffman padding with zeros", "00016181f0"],
  ];
  for (const [what, hex] of REFUSED) {
    test(`${what} is an HpackError`, () => {
      expect(() => new HpackDecoder(4096, LIST_LIMIT).decode(bytes(hex))).toThrow(HpackError);
    });
  }

  test("a list above the limit is cut and reported, and the next block still decodes", () => {
    const encoder = new HpackEncoder(4096);
    const decoder = new HpackDecoder(4096, 100);
    const large = decoder.decode(encoder.encode(["a", "x".repeat(40), "b", "y".repeat(40), "c", "1"]));
    expect(large.tooLarge).toBe(true);
    expect(large.fields).toEqual(["a", "x".repeat(40)]);
    const next = decoder.decode(encoder.encode(["b", "y".repeat(40)]));
    expect(next).toEqual({ fields: ["b", "y".repeat(40)], tooLarge: false });
  });

  test("a small block that refers to a large entry again and again stays bounded", () => {
    const decoder = new HpackDecoder(4096, 16384);
    decoder.decode(Buffer.concat([bytes("40016100".slice(0, 6)), bytes("7fa11e"), Buffer.alloc(4000, 0x78)]));
    const bomb = decoder.decode(Buffer.alloc(16000, 0xbe));
    expect(bomb.tooLarge).toBe(true);
    expect(bomb.fields.length).toBeLessThan(20);
  });

  test("any bytes either decode or are an HpackError, nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HpackDecoder(4096, 16384);
        try {
          for (const block of blocks) decoder.decode(block);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(HpackError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
