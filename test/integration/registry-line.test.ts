/** Real registries behind a line that delays, cuts and corrupts at chosen bytes (R11), with TLS, client certificates, logins and tokens. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { silentLog } from "../../src/base/log.ts";
import { SupercargoError } from "../../src/errors/error.ts";
import { ImageStore } from "../../src/images/image-store.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { REGISTRY_PACE } from "../../src/registry/limits.ts";
import type { RegistryEntry } from "../../src/registry/settings.ts";
import { makeCertificates, type TestCertificates } from "./support/certificates.ts";
import { EngineBench, LIMIT_MS, limit } from "./support/engine-bench.ts";
import { LineProxy } from "./support/line-proxy.ts";
import { buildImage } from "./support/oci-image.ts";
import { type PrivateRegistry, startRegistry } from "./support/registry.ts";
import { TokenServer } from "./support/token-server.ts";

const login = { userId: "bot", password: "Line-Secret-9" };
const BASIC = Buffer.from(`${login.userId}:${login.password}`).toString("base64");

let bench: EngineBench;
let certificates: TestCertificates;
let tokens: TokenServer;
/** With TLS, client certificates and a password. */
let strict: PrivateRegistry;
let tokened: PrivateRegistry;
let strictLine: LineProxy;
let tokenLine: LineProxy;
let count = 0;

beforeAll(async () => {
  certificates = makeCertificates();
  const { serverCert: cert, serverKey: key, ca } = certificates;
  [bench, tokens] = await Promise.all([EngineBench.start(), TokenServer.start({ cert, key, login })]);
  const token = {
    realm: tokens.realm,
    service: TokenServer.service,
    issuer: TokenServer.issuer,
    roots: ca,
    issue: (repository: string) => tokens.issue(repository, ["pull", "push"]),
  };
  [strict, tokened] = await Promise.all([
    startRegistry({ tls: { cert, key, clientCa: ca }, login }),
    startRegistry({ token }),
  ]);
  [strictLine, tokenLine] = await Promise.all([LineProxy.start(strict.host), LineProxy.start(tokened.host)]);
}, LIMIT_MS);
afterAll(async () => {
  await Promise.all([strictLine?.stop(), tokenLine?.stop()]);
  await Promise.all([bench?.stop(), strict?.stop(), tokened?.stop(), tokens?.stop()]);
  certificates?.remove();
}, LIMIT_MS);
beforeEach(() => {
  strictLine.reset();
  tokenLine.reset();
  tokens.lifetimeSeconds = 300;
  tokens.issued = 0;
});

function store(entry: RegistryEntry, paceMs = 10_000): ImageStore {
  const entries = new Map([strictLine.host, tokenLine.host].map((host) => [host, entry]));
  const limits = { ...REGISTRY_PACE, paceMs, headMs: paceMs + 300 };
  const settings = () => ({ entries, insecure: [tokenLine.host] });
  const registry = new RegistryClient({ settings, log: silentLog, limits });
  return new ImageStore({ content: bench.engine.content, registry, log: silentLog });
}

const mine: RegistryEntry = { credentials: login };
const withCertificate = (): RegistryEntry => ({
  ...mine,
  transport: {
    rootCa: certificates.ca,
    clientCert: certificates.clientCert,
    clientKey: certificates.clientKey,
  },
});

/** Pushes an image with layers of so many random bytes and answers its name over the line. */
async function offer(
  registry: PrivateRegistry,
  line: LineProxy,
  ...layers: readonly number[]
): Promise<{ readonly name: string; readonly bytes: number }> {
  const image = buildImage({
    busybox: false,
    files: { "/label": String(count) },
    moreLayers: layers.map((bytes) => ({ "/data": randomBytes(bytes) })),
  });
  const repository = `demo/line-${count++}`;
  await registry.push(repository, "1", image);
  const bytes = image.layers.reduce((sum, { size }) => sum + size, 0);
  return { name: `${line.host}/${repository}:1`, bytes };
}

async function failure(promise: Promise<unknown>): Promise<SupercargoError> {
  const thrown = await promise.then(
    () => new Error("nothing was thrown"),
    (reason: unknown) => reason,
  );
  if (thrown instanceof SupercargoError) return thrown;
  throw thrown;
}

/** Whole, and unpacked, for containerd's own tools. */
async function expectWhole(images: ImageStore, name: string): Promise<void> {
  const line = bench.containerd
    .ctr("images", "check")
    .split("\n")
    .find((one) => one.startsWith(`${name} `));
  expect(line).toContain(" complete ");
  await images.remove(name, limit());
}

describe("a registry with TLS, client certificates and a password", () => {
  test(
    "is pulled from over a line that breaks every 700 kB, and about every byte comes once",
    async () => {
      const images = store(withCertificate());
      const { name, bytes } = await offer(strict, strictLine, 3_000_000, 3_000_000);
      strictLine.fault = () => ({ cutAfter: 700_000 });
      await images.ensure(name, limit());
      expect(strictLine.connections).toBeGreaterThan(8);
      expect(strictLine.sentBytes).toBeLessThan(bytes * 1.4);
      await expectWhole(images, name);
    },
    LIMIT_MS,
  );

  test(
    "is pulled from although every second connection fails",
    async () => {
      const images = store(withCertificate());
      const { name } = await offer(strict, strictLine, 400_000);
      strictLine.fault = (connection) => (connection % 2 === 0 ? { cutAfter: 3_000 } : {});
      await images.ensure(name, limit());
      await expectWhole(images, name);
    },
    LIMIT_MS,
  );

  test(
    "whose line changes a bit is not believed: TLS ends it, and what comes afterwards is whole",
    async () => {
      const images = store(withCertificate());
      const { name } = await offer(strict, strictLine, 1_000_000);
      strictLine.fault = (connection) => (connection < 3 ? { flipAt: 200_000 } : {});
      await images.ensure(name, limit());
      await expectWhole(images, name);
    },
    LIMIT_MS,
  );

  test(
    "refuses without the certificate and without the password, each with what to do",
    async () => {
      const { name } = await offer(strict, strictLine, 1_000);
      const noCertificate = await failure(
        store({ credentials: login, transport: { rootCa: certificates.ca } }).ensure(name, limit()),
      );
      expect(noCertificate.message).toContain(strictLine.host);
      expect(noCertificate.hint).toContain("client certificate");
      const noPassword = await failure(
        store({ ...withCertificate(), credentials: { userId: "bot", password: "n0" } }).ensure(name, limit()),
      );
      expect(noPassword.code).toBe("SC_REGISTRY_DENIED");
      expect(`${noPassword.message}${noPassword.hint}`).not.toContain('n0"');
    },
    LIMIT_MS,
  );
});

describe("a registry with a token server", () => {
  test(
    "gets tokens only, and a pull that outlives them asks for new ones",
    async () => {
      const images = store(mine);
      const { name } = await offer(tokened, tokenLine, 250_000, 250_000, 250_000, 250_000, 250_000, 250_000);
      tokens.issued = 0;
      tokens.lifetimeSeconds = 1;
      tokenLine.fault = () => ({ bytesPerSecond: 300_000 });
      await images.ensure(name, limit());
      expect(tokens.issued).toBeGreaterThan(1);
      expect(tokenLine.asked).toContain("Bearer ");
      expect(tokenLine.asked.toLowerCase()).not.toContain("authorization: basic");
      expect(tokenLine.asked).not.toContain(BASIC);
      await expectWhole(images, name);
    },
    LIMIT_MS,
  );

  test(
    "whose password is wrong is told without showing it",
    async () => {
      const { name } = await offer(tokened, tokenLine, 1_000);
      const refused = await failure(
        store({ credentials: { userId: "bot", password: "Wr0ng" } }).ensure(name, limit()),
      );
      expect(refused.code).toBe("SC_REGISTRY_DENIED");
      expect(refused.message).toContain("incorrect username or password");
      expect(`${refused.message}${refused.hint}${JSON.stringify(refused.fields)}`).not.toContain("Wr0ng");
    },
    LIMIT_MS,
  );

  test(
    "whose plain line changes one bit of a layer: refused by its digest, nothing is kept of it, and the next pull is whole",
    async () => {
      const images = store(mine);
      const { name } = await offer(tokened, tokenLine, 2_000_000);
      let flips = 0;
      tokenLine.fault = () => ({ flipAt: 600_000 + flips++ });
      const wrong = await failure(images.ensure(name, limit()));
      expect(wrong.code).toBe("SC_DIGEST_MISMATCH");
      expect(wrong.message).toContain(tokenLine.host);
      tokenLine.reset();
      await images.ensure(name, limit());
      await expectWhole(images, name);
    },
    LIMIT_MS,
  );

  test(
    "that stalls after 95 % is noticed within the limit and asked again for the rest only",
    async () => {
      const images = store(mine, 300);
      const { name, bytes } = await offer(tokened, tokenLine, 4_000_000);
      tokenLine.fault = (connection) => (connection < 2 ? { stallAfter: bytes * 0.95 } : {});
      await images.ensure(name, limit());
      expect(tokenLine.connections).toBeGreaterThan(1);
      expect(tokenLine.sentBytes).toBeLessThan(bytes * 1.1 + 20_000);
      await expectWhole(images, name);
    },
    LIMIT_MS,
  );

  test(
    "that sends one byte a second, or is silent, is given up with the limit in the message",
    async () => {
      const { name } = await offer(tokened, tokenLine, 100_000);
      for (const fault of [{ delayMs: 5_000 }, { stallAfter: 4_000 }]) {
        tokenLine.reset();
        tokenLine.fault = () => fault;
        const slow = await failure(store(mine, 200).ensure(name, limit()));
        expect(slow.code).toBe("SC_TIMEOUT");
        expect(slow.message).toMatch(/no answer within 500 ms|fewer than 4096 bytes came within 200 ms/);
      }
    },
    LIMIT_MS,
  );
});
