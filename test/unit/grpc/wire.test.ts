/** Texts, times and metadata as they go over the wire. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import { decodeGrpcMessage, encodeGrpcMessage } from "../../../src/grpc/grpc-message.ts";
import { formatGrpcTimeout, parseGrpcTimeout } from "../../../src/grpc/grpc-timeout.ts";
import {
  contentLength,
  readRequest,
  readResponse,
  readTrailers,
} from "../../../src/grpc/http2/header-rules.ts";
import { Metadata } from "../../../src/grpc/metadata.ts";
import { errorOfFailure, errorOfTrailers } from "../../../src/grpc/status-mapping.ts";
import { appendMetadata, readMetadata } from "../../../src/grpc/wire-metadata.ts";

describe("grpc-message", () => {
  test("any text comes back, and is printable ASCII on its way", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        const encoded = encodeGrpcMessage(text);
        expect(encoded).toMatch(/^[ -~]*$/);
        expect(decodeGrpcMessage(encoded)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test("the form is that of the protocol", () => {
    expect(encodeGrpcMessage("50 % ä\n")).toBe("50 %25 %C3%A4%0A");
  });

  test("what is not properly encoded is kept", () => {
    expect(decodeGrpcMessage("50 % of %zz and %4")).toBe("50 % of %zz and %4");
  });

  test("a long text is cut behind a whole character", () => {
    for (const text of ["x".repeat(5000), "ä".repeat(5000), "a漢".repeat(3000), "%".repeat(5000)]) {
      const encoded = encodeGrpcMessage(text);
      expect(encoded.length).toBeLessThanOrEqual(4096);
      expect(encoded.length).toBeGreaterThan(4080);
      const decoded = decodeGrpcMessage(encoded);
      expect(decoded.endsWith("...")).toBe(true);
      expect(text.startsWith(decoded.slice(0, -3))).toBe(true);
    }
  });
});

describe("grpc-timeout", () => {
  test("every unit", () => {
    const values = ["1H", "2M", "3S", "4m", "5u", "6n", "99999999S"].map(parseGrpcTimeout);
    expect(values).toEqual([3_600_000, 120_000, 3_000, 4, 0.005, 0.000006, 99_999_999_000]);
  });

  test("malformed values are undefined", () => {
    for (const text of ["", "1", "m", "-1S", "1.5S", "123456789S", "1s", "1 S", "1Sx"]) {
      expect(parseGrpcTimeout(text)).toBeUndefined();
    }
  });

  test("a time is sent rounded up by at most a thousandth", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e12, noNaN: true }), (timeoutMs) => {
        const text = formatGrpcTimeout(timeoutMs);
        expect(text).toMatch(/^\d{1,8}[HMSmu]$/);
        const back = parseGrpcTimeout(text) ?? 0;
        expect(back).toBeGreaterThanOrEqual(timeoutMs * 0.999999);
        expect(back).toBeLessThanOrEqual(timeoutMs * 1.001 + 0.001);
      }),
    );
    expect(formatGrpcTimeout(-5)).toBe("0u");
    expect(formatGrpcTimeout(Number.MAX_VALUE)).toBe("99999999H");
  });
});

describe("metadata", () => {
  test("text and bytes come back", () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,10}$/).filter((name) => !name.endsWith("-bin"));
    const value = fc.stringMatching(/^[ -~]{0,30}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, value)),
        fc.array(fc.tuple(key, fc.uint8Array({ maxLength: 50 }))),
        (texts, bytes) => {
          const metadata = new Metadata();
          for (const [name, text] of texts) metadata.add(`x-${name}`, text);
          for (const [name, raw] of bytes) metadata.add(`x-${name}-bin`, raw);
          const fields: string[] = [];
          appendMetadata(fields, metadata);
          expect(readMetadata(fields).entries()).toEqual(metadata.entries());
        },
      ),
    );
  });

  test("keys are case-insensitive, values keep their order", () => {
    const metadata = Metadata.from({ "X-Key": "1" });
    metadata.add("x-KEY", "2");
    expect(metadata.get("X-key")).toBe("1");
    expect(metadata.getAll("x-key")).toEqual(["1", "2"]);
    expect(metadata.getBytes("x-key")).toBeUndefined();
  });

  test("bytes with padding and several in one field, as other implementations send them", () => {
    const metadata = readMetadata(["x-bin", "AAE=, Ag", "te", "trailers", "user-agent", "x"]);
    expect(metadata.getAll("x-bin")).toEqual([new Uint8Array([0, 1]), new Uint8Array([2])]);
    expect(metadata.size).toBe(2);
  });

  test("what cannot be sent is refused", () => {
    const refused: readonly (readonly [string, string | Uint8Array])[] = [
      ["x y", ""],
      [":path", "/"],
      ["grpc-status", "0"],
      ["x", "line\nbreak"],
      ["x", "ü"],
      ["x-bin", "text"],
      ["x", new Uint8Array(1)],
    ];
    for (const [key, value] of refused) expect(() => new Metadata().add(key, value)).toThrow(GrpcError);
  });
});

describe("header lists", () => {
  const request = [":method", "POST", ":scheme", "http", ":path", "/a/b"];

  test("an authority is taken as it is, whatever it is", () => {
    for (const authority of ["%2Frun%2Fx.sock", "[::1", "a b", "", "user@:99999"]) {
      expect(readRequest([...request, ":authority", authority])?.authority).toBe(authority);
    }
    expect(readRequest(request)?.authority).toBe("");
  });

  test("malformed requests are refused", () => {
    const malformed: readonly (readonly string[])[] = [
      [":method", "POST", ":scheme", "http"],
      [":method", "POST", ":scheme", "http", ":path", ""],
      [...request, ":path", "/again"],
      [...request, ":status", "200"],
      [...request, "x", "1", ":authority", "late"],
      [...request, "X-Upper", "1"],
      [...request, "", "no name"],
      [...request, "connection", "close"],
      [...request, "transfer-encoding", "chunked"],
      [...request, "te", "gzip"],
      [...request, "x", "a\r\nb"],
      [...request, "x y", "1"],
    ];
    for (const list of malformed) expect(readRequest(list)).toBeUndefined();
    expect(readRequest([...request, "te", "trailers", "x", "ü"])?.fields).toEqual([
      "te",
      "trailers",
      "x",
      "ü",
    ]);
  });

  test("responses and trailers", () => {
    expect(readResponse([":status", "200", "a", "b"])).toEqual({ status: 200, fields: ["a", "b"] });
    for (const list of [
      ["a", "b"],
      [":status", "20"],
      [":status", "0200"],
      [":method", "GET"],
    ]) {
      expect(readResponse(list)).toBeUndefined();
    }
    expect(readTrailers(["grpc-status", "0"])).toEqual(["grpc-status", "0"]);
    expect(readTrailers([":status", "200"])).toBeUndefined();
  });

  test("content-length", () => {
    expect(contentLength([])).toBeUndefined();
    expect(contentLength(["content-length", "12"])).toBe(12);
    expect(contentLength(["content-length", "1", "content-length", "2"])).toBeNaN();
    expect(contentLength(["content-length", "-1"])).toBeNaN();
  });
});

describe("status of calls that ended without one", () => {
  test("by HTTP status", () => {
    const statuses = [400, 401, 403, 404, 429, 502, 503, 504, 500, 200].map(
      (http) => errorOfTrailers([], http)?.status,
    );
    expect(statuses).toEqual([13, 16, 7, 12, 14, 14, 14, 14, 2, 2]);
  });

  test("grpc-status wins, also a strange one", () => {
    expect(errorOfTrailers(["grpc-status", "0"], 200)).toBeUndefined();
    expect(errorOfTrailers(["grpc-status", "5"], 404)?.status).toBe(5);
    expect(errorOfTrailers(["grpc-status", "x"], 200)?.status).toBe(Status.UNKNOWN);
  });

  test("by reset code and by lost connection", () => {
    const of = (code: number) => errorOfFailure({ code, message: "", origin: "peer" }).status;
    expect([0, 1, 2, 3, 6, 7, 8, 9, 11, 12, 99].map(of)).toEqual([13, 13, 13, 13, 13, 14, 1, 13, 8, 7, 13]);
    expect(errorOfFailure({ code: 0, message: "", origin: "connection" }).status).toBe(Status.UNAVAILABLE);
  });
});
