/** Checking signatures by the program notation: what it is asked, what its answers mean, and that nothing is fetched unchecked. */

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { FakeContent } from "../../../src/engine/fake/content.ts";
import type { ErrorCode } from "../../../src/errors/catalogue.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { REGISTRY_PACE } from "../../../src/registry/limits.ts";
import type { RegistrySettings } from "../../../src/registry/settings.ts";
import { notationVerifier } from "../../../src/trust/notation.ts";
import { MemoryRegistry } from "../../integration/support/memory-registry.ts";
import { buildImage } from "../../integration/support/oci-image.ts";

const image = buildImage({ busybox: false, files: { "/x": "x" } });
let server: MemoryRegistry;
let folder = "";
let lines: LogRecord[] = [];

beforeAll(async () => {
  server = await MemoryRegistry.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-notation-"));
  lines = [];
  server.requests.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in notation's place: writes down how it was called, then does what `script` says. */
function standIn(script: string): string {
  const path = join(folder, "notation");
  const record = `printf '%s\\n' "$@" >${folder}/args; env >${folder}/env`;
  writeFileSync(path, `#!/bin/sh\n${record}\n${script}\n`, { mode: 0o755 });
  return path;
}

function store(program: string, settings: Partial<RegistrySettings> = {}) {
  const log = createLog("trust", (record) => lines.push(record));
  const registries = () => ({ entries: new Map(), insecure: [], ...settings });
  const registry = new RegistryClient({
    settings: registries,
    log,
    limits: { ...REGISTRY_PACE, paceMs: 2000 },
  });
  const config = { configDir: "/etc/notation", libexecDir: "/opt/plugins", program };
  const verify = notationVerifier({ config, registries, log });
  return new ImageStore({ content: new FakeContent(), registry, log, verify });
}

async function failure(work: Promise<unknown>): Promise<SupercargoError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof SupercargoError) return thrown;
    throw thrown;
  }
  throw new Error("it succeeded");
}

const signal = () => AbortSignal.timeout(20_000);
const isCode = (error: SupercargoError, code: ErrorCode) => expect(error.code).toBe(code);

test("the digest is checked, with the configured folders, and then that digest is pulled", async () => {
  const name = server.offer("a/b", "1", image);
  const images = store(standIn("echo 'Successfully verified signature'"));
  const local = await images.ensure(name, signal());
  const { digest } = image.descriptor;
  expect(local.digest).toBe(digest);
  const host = name.slice(0, name.indexOf("/"));
  const args = readFileSync(join(folder, "args"), "utf8").trim().split("\n");
  expect(args).toEqual(["verify", "--max-signatures", "50", `${host}/a/b@${digest}`]);
  const environment = readFileSync(join(folder, "env"), "utf8").split("\n");
  expect(environment).toContain("NOTATION_CONFIG=/etc/notation");
  expect(environment).toContain("NOTATION_LIBEXEC=/opt/plugins");
  expect(lines.some(({ message }) => message === "signature verified")).toBe(true);
  // Present images are not checked again.
  writeFileSync(join(folder, "notation"), "#!/bin/sh\nexit 1\n");
  await images.ensure(name, signal());
});

test("credentials go by the environment, never by arguments, log or message; an insecure registry by its flag", async () => {
  const name = server.offer("a/b", "2", image);
  const host = name.slice(0, name.indexOf("/"));
  const credentials = { userId: "anna", password: "s3cret" };
  const settings = { entries: new Map([[host, { credentials }]]), insecure: [host] };
  const error = await failure(store(standIn("echo Error: no >&2; exit 1"), settings).ensure(name, signal()));
  const args = readFileSync(join(folder, "args"), "utf8");
  expect(args).toContain("--insecure-registry");
  const environment = readFileSync(join(folder, "env"), "utf8").split("\n");
  expect(environment).toContain("NOTATION_USERNAME=anna");
  expect(environment).toContain("NOTATION_PASSWORD=s3cret");
  expect(`${args}${JSON.stringify(lines)}${JSON.stringify(error)}${error.message}`).not.toContain("s3cret");
});

test("a signature that does not hold: nothing is fetched, and the reason is named", async () => {
  const name = server.offer("a/b", "3", image);
  const images = store(
    standIn("echo 'Warning: x' >&2; echo 'Error: signature is not produced by a trusted signer' >&2; exit 1"),
  );
  const error = await failure(images.ensure(name, signal()));
  isCode(error, "SC_IMAGE_UNTRUSTED");
  expect(error.message).toBe(
    `signature verification failed for all signatures of ${name}: Error: signature is not produced by a trusted signer`,
  );
  expect(await images.find(name, signal())).toBeUndefined();
  expect(server.requests.filter((request) => request.url.includes("/blobs/"))).toEqual([]);
});

test("without the program nothing is pulled, and it is said how to get it", async () => {
  const name = server.offer("a/b", "4", image);
  const error = await failure(store(join(folder, "absent")).ensure(name, signal()));
  isCode(error, "SC_TRUST_TOOL");
  expect(error.hint).toContain("install notation");
  expect(server.requests.filter((request) => request.url.includes("/blobs/"))).toEqual([]);
});

test("a caller that gives up ends the program", async () => {
  const name = server.offer("a/b", "5", image);
  const caller = new AbortController();
  const images = store(standIn("exec sleep 1000"));
  const pulling = images.ensure(name, caller.signal).catch((thrown: unknown) => thrown);
  await until(() => existsSync(join(folder, "env")), "the program runs");
  caller.abort(new Error("mine"));
  expect(String(await pulling)).toContain("mine");
});

test("a newer image that is not signed leaves the one that is here", async () => {
  const name = server.offer("a/b", "6", image);
  const images = store(standIn("exit 0"));
  await images.ensure(name, signal());
  server.offer("a/b", "6", buildImage({ busybox: false, files: { "/x": "unsigned" } }));
  standIn("exit 1");
  const kept = await images.ensure(name, signal(), { policy: "newer" });
  expect(kept.digest).toBe(image.descriptor.digest);
  expect((await failure(images.ensure(name, signal(), { policy: "always" }))).code).toBe(
    "SC_IMAGE_UNTRUSTED",
  );
});
