/** Encrypted layers are opened by the real skopeo, with keys as the peer's configuration names them. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Descriptor } from "../../../src/engine/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import type { EncryptedLayer } from "../../../src/images/decrypter.ts";
import { SkopeoDecrypter } from "../../../src/trust/skopeo-decrypter.ts";
import { encrypt, makeKeys, writeLayout } from "../../integration/support/encrypted-image.ts";
import { buildImage, digestOf } from "../../integration/support/oci-image.ts";

const root = mkdtempSync(join(tmpdir(), "sc-decrypt-"));
const image = buildImage({ busybox: false, files: { "/secret": "the secret\n" }, compression: "gzip" });
const plain = image.blobs.get(image.layers[0]?.digest ?? "") ?? new Uint8Array(0);
const PASSWORD = "pass: wörd, with=everything";
const signal = () => AbortSignal.timeout(30_000);
const key = (name: string) => join(root, name);

beforeAll(() => {
  makeKeys(root, "mine", PASSWORD);
  makeKeys(root, "other");
  writeLayout(join(root, "plain"), image);
  encrypt(root, "plain", "oci:jwe:1", ["jwe:mine.pub"]);
  encrypt(root, "plain", "oci:pkcs7:1", ["pkcs7:mine.crt"]);
  writeFileSync(key("password"), PASSWORD);
});
afterAll(() => rmSync(root, { recursive: true }));

/** The first layer of a layout. */
function layerOf(layout: string, change: (bytes: Buffer) => void = () => {}): EncryptedLayer {
  const read = (digest: string) => readFileSync(join(root, layout, "blobs", digest.replace(":", "/")));
  const index = JSON.parse(readFileSync(join(root, layout, "index.json"), "utf8"));
  const descriptor: Descriptor = JSON.parse(read(index.manifests[0].digest).toString("utf8")).layers[0];
  const bytes = read(descriptor.digest);
  change(bytes);
  return {
    image: `registry/${layout}:1`,
    number: 1,
    descriptor: { ...descriptor, digest: digestOf(bytes) },
    diffId: image.diffIds[0] ?? "",
    read: async function* () {
      yield bytes;
    },
  };
}

async function open(
  layer: EncryptedLayer,
  keys: readonly string[],
  recipients: readonly string[] = [],
  program?: string,
): Promise<Buffer> {
  const folder = join(root, "work");
  const decrypter = new SkopeoDecrypter(folder, ...(program === undefined ? [] : [program]));
  try {
    return await decrypter.open(layer, { keys, recipients }, signal(), async ({ descriptor, read }) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of read()) parts.push(chunk);
      expect(digestOf(Buffer.concat(parts))).toBe(descriptor.digest);
      return Buffer.concat(parts);
    });
  } finally {
    // Whatever happened, nothing opened is left.
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  }
}

async function failure(promise: Promise<unknown>): Promise<SupercargoError> {
  const thrown = await promise.catch((reason: unknown) => reason);
  if (thrown instanceof SupercargoError) return thrown;
  throw new Error(`no error of ours: ${String(thrown)}`);
}

describe("a layer", () => {
  test("encrypted by JWE is opened with the private key", async () => {
    expect(await open(layerOf("jwe"), [key("mine.pem")])).toEqual(Buffer.from(plain));
  });

  test("encrypted by PKCS7 is opened with key and certificate", async () => {
    expect(await open(layerOf("pkcs7"), [key("mine.pem")], [`pkcs7:${key("mine.crt")}`])).toEqual(
      Buffer.from(plain),
    );
    expect((await failure(open(layerOf("pkcs7"), [key("mine.pem")]))).code).toBe("SC_IMAGE_LOCKED");
  });

  test("is opened when one of several keys fits", async () => {
    expect(await open(layerOf("jwe"), [key("other.pem"), key("mine.pem")])).toEqual(Buffer.from(plain));
  });

  test.each([
    ["text", `:${PASSWORD}`],
    ["pass", `:pass=${PASSWORD}`],
    ["file", `:file=${join(root, "password")}`],
  ])("is opened with a key whose password is given as %s", async (_how, ending) => {
    expect(await open(layerOf("jwe"), [`${key("mine.locked.pem")}${ending}`])).toEqual(Buffer.from(plain));
  });

  test("is opened with a key whose password comes from a descriptor, as often as it is asked for", async () => {
    const descriptor = openSync(join(root, "password"), "r");
    const locked = `${key("mine.locked.pem")}:fd=${descriptor}`;
    for (const _ of [1, 2]) expect(await open(layerOf("jwe"), [locked])).toEqual(Buffer.from(plain));
    closeSync(descriptor);
  });
});

describe("a layer that cannot be opened", () => {
  test("with a wrong key, or a wrong password, is told with image and layer, without what is secret", async () => {
    const wrong = await failure(open(layerOf("jwe"), [key("other.pem")]));
    expect(wrong.code).toBe("SC_IMAGE_LOCKED");
    // The beginning is the peer's, by which its clients know it (spec/grpc-api.md §8).
    expect(wrong.message).toStartWith(
      "you are not authorized to use this image: none of the keys opens layer 1 (sha256:",
    );
    expect(wrong.message).toContain("of the encrypted image registry/jwe:1");
    const locked = await failure(open(layerOf("jwe"), [`${key("mine.locked.pem")}:n0t-it`]));
    expect(locked.code).toBe("SC_IMAGE_LOCKED");
    expect(`${locked.message}${locked.hint}${JSON.stringify(locked.fields)}`).not.toContain("n0t-it");
  });

  test("with a key that is not there names the file", async () => {
    const { code, message } = await failure(open(layerOf("jwe"), [key("missing.pem")]));
    expect(code).toBe("SC_IMAGE_LOCKED");
    expect(message).toContain(`cannot be had from ${key("missing.pem")}: ENOENT`);
    expect(message).toStartWith("you are not authorized to use this image: ");
    expect((await failure(open(layerOf("jwe"), [`${key("mine.locked.pem")}:fd=x`]))).message).toContain(
      "a descriptor that is none",
    );
    expect((await failure(open(layerOf("jwe"), ["mine.pem"]))).message).toContain(
      "the path must be absolute",
    );
  });

  test("because somebody changed it is damaged, not locked", async () => {
    const changed = layerOf("jwe", (bytes) => {
      bytes[10] = (bytes[10] ?? 0) ^ 1;
    });
    expect((await failure(open(changed, [key("mine.pem")]))).code).toBe("SC_IMAGE_INVALID");
  });

  test("because the program is not there says what to install", async () => {
    const { code, hint } = await failure(
      open(layerOf("jwe"), [key("mine.pem")], [], "skopeo-that-is-not-there"),
    );
    expect({ code, hint }).toEqual({ code: "SC_TRUST_TOOL", hint: "install skopeo" });
  });

  test("in time ends with its caller", async () => {
    const slow = key("slow");
    writeFileSync(slow, "#!/bin/sh\nexec sleep 60\n");
    chmodSync(slow, 0o755);
    const decrypter = new SkopeoDecrypter(join(root, "work"), slow);
    const ended = AbortSignal.timeout(50);
    const opening = decrypter.open(
      layerOf("jwe"),
      { keys: [key("mine.pem")], recipients: [] },
      ended,
      async () => {},
    );
    expect(await opening.catch((thrown: unknown) => thrown)).toBe(ended.reason);
    expect(readdirSync(join(root, "work"))).toEqual([]);
  });
});

test("no key and no password stands in the program's arguments or environment, or in a file that others can read", async () => {
  const spy = key("spy");
  const seen = key("seen");
  writeFileSync(
    spy,
    `#!/bin/sh\n{ echo "$@"; env; find . -perm /077 -type f -name '*-*'; ls -ld .; } >${seen}\nexec skopeo "$@"\n`,
  );
  chmodSync(spy, 0o755);
  await open(layerOf("jwe"), [`${key("mine.locked.pem")}:${PASSWORD}`], [], spy);
  const text = readFileSync(seen, "utf8");
  expect(text).toContain("--decryption-key key-0 oci:in:1");
  expect(text).toContain("drwx------");
  expect(text).not.toContain("wörd");
  expect(text).not.toContain("./key-0");
});

test("keys have a fingerprint that changes with key and password, and not with their names", async () => {
  const decrypter = new SkopeoDecrypter(join(root, "work"));
  const of = (...keys: string[]) => decrypter.fingerprint({ keys, recipients: [] }, "i");
  mkdirSync(key("again"));
  writeFileSync(key("again/mine.pem"), readFileSync(key("mine.pem")));
  expect(await of(key("again/mine.pem"))).toBe(await of(key("mine.pem")));
  const different = await Promise.all([
    of(key("mine.pem")),
    of(key("other.pem")),
    of(`${key("mine.pem")}:x`),
    of(key("mine.pem"), key("other.pem")),
  ]);
  expect(new Set(different).size).toBe(4);
});
