/** A small image made of Debian's busybox-static, put into a content store through its interface. */

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Content, ContentLease, Descriptor } from "../../../src/engine/content.ts";
import { assemble, digestOf } from "./oci-image.ts";

const APPLETS = ["sh", "sleep", "cat", "echo", "true", "seq", "id", "hostname", "ls", "dd", "kill"];

export interface TestImage {
  readonly name: string;
  readonly chainId: string;
  readonly manifest: Descriptor;
}

export interface Blob {
  readonly descriptor: Descriptor;
  readonly data: Uint8Array;
}

export function blobOf(mediaType: string, data: Uint8Array): Blob {
  return { descriptor: { mediaType, digest: digestOf(data), size: data.length }, data };
}

/** A tar of busybox with links for its applets, passwd and group. */
export function busyboxLayer(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "sc-image-"));
  try {
    for (const name of ["bin", "etc", "proc", "sys", "dev", "tmp", "run"]) mkdirSync(join(folder, name));
    copyFileSync(Bun.which("busybox") ?? "/bin/busybox", join(folder, "bin/busybox"));
    for (const applet of APPLETS) symlinkSync("busybox", join(folder, "bin", applet));
    writeFileSync(join(folder, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
    writeFileSync(join(folder, "etc/group"), "root:x:0:\napp:x:1000:\naudio:x:29:app\n");
    const sorted = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    const run = Bun.spawnSync(["tar", "-C", folder, ...sorted, "-cf", "-", "."], { maxBuffer: 64 << 20 });
    if (run.exitCode !== 0) throw new Error(run.stderr.toString());
    return run.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Uploads one blob whole; nothing when the store has it. */
export async function upload(
  lease: ContentLease,
  blob: Blob,
  labels: Record<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const writer = await lease.openWriter(`test-${blob.descriptor.digest}`, blob.descriptor, signal);
  if (writer === undefined) return;
  await writer.write(blob.data.subarray(writer.offset));
  await writer.commit(labels);
}

/** The whole way of an import: layer, configuration, manifest, unpack, image record, lease released. */
export async function importBusybox(content: Content, name: string, signal: AbortSignal): Promise<TestImage> {
  const image = assemble([busyboxLayer()], { cmd: ["/bin/sh"] });
  const [layer] = image.layers;
  const [diffId] = image.diffIds;
  if (layer === undefined || diffId === undefined) throw new Error("an image of one layer has no layer");
  const blob = (descriptor: Descriptor): Blob => {
    const data = image.blobs.get(descriptor.digest);
    if (data === undefined) throw new Error(`the image has no ${descriptor.digest}`);
    return { descriptor, data };
  };
  const lease = await content.lease(`import-${name.replace(/[^a-z0-9]+/g, "-")}`, 600_000, signal);
  await upload(lease, blob(layer), { "containerd.io/uncompressed": diffId }, signal);
  await upload(lease, blob(image.config), { "containerd.io/gc.ref.snapshot.overlayfs": diffId }, signal);
  await upload(
    lease,
    blob(image.descriptor),
    {
      "containerd.io/gc.ref.content.config": image.config.digest,
      "containerd.io/gc.ref.content.l.0": layer.digest,
    },
    signal,
  );
  await lease.applyLayer(layer, "", diffId, diffId, signal);
  await content.putImage(name, image.descriptor, {}, signal);
  await lease.release(true);
  return { name, chainId: diffId, manifest: image.descriptor };
}
