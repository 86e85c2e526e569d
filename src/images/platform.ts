/** Which of an index's manifests suits this machine, by the rules of containerd's default matcher. */

import type { Descriptor, Platform } from "../engine/content.ts";

/** Go's name of this machine's architecture and the variant that containerd assumes. */
export function hostPlatform(): Platform {
  const architecture = GO_NAMES[process.arch] ?? process.arch;
  const variant = architecture === "arm64" ? "v8" : architecture === "arm" ? "v7" : undefined;
  return { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) };
}

const GO_NAMES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  arm64: "arm64",
  arm: "arm",
  ppc64: "ppc64le",
};

/** What runs on `host`, best first. */
function accepted(host: Platform): readonly Platform[] {
  const { os, architecture } = host;
  const arm = (from: number): Platform[] => {
    const variants: Platform[] = [];
    for (let version = from; version >= 5; version--)
      variants.push({ os, architecture: "arm", variant: `v${version}` });
    return variants;
  };
  if (architecture === "amd64")
    return [
      { os, architecture },
      { os, architecture: "386" },
    ];
  if (architecture === "arm64") return [{ os, architecture, variant: "v8" }, ...arm(8)];
  if (architecture === "arm") return arm(Number(/^v([5-8])$/.exec(host.variant ?? "v7")?.[1] ?? 7));
  return [{ os, architecture }];
}

/** Empty spellings mean the architecture's usual variant; other names of an architecture become Go's. */
function normalize(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const architecture = ALIASES[platform.architecture.toLowerCase()] ?? platform.architecture.toLowerCase();
  let variant = (platform.variant ?? "").toLowerCase().replace(/^(?=[5-8]$)/, "v");
  if (variant === "" && architecture === "arm64") variant = "v8";
  if (variant === "" && architecture === "arm") variant = "v7";
  if (variant === "v1" && architecture === "amd64") variant = "";
  return { os, architecture, ...(variant === "" ? {} : { variant }) };
}

const ALIASES: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  i386: "386",
  i686: "386",
  aarch64: "arm64",
  armhf: "arm",
};

/** Rank of a platform on `host`: 0 is best, undefined does not run. */
export function rank(host: Platform, platform: Platform): number | undefined {
  const wanted = normalize(platform);
  const at = accepted(host).findIndex(
    (one) =>
      one.os === wanted.os && one.architecture === wanted.architecture && one.variant === wanted.variant,
  );
  return at < 0 ? undefined : at;
}

/** The best of an index's entries; entries without a platform come last; the first of equals wins. */
export function choosePlatform(host: Platform, entries: readonly Descriptor[]): Descriptor | undefined {
  let best: { readonly entry: Descriptor; readonly rank: number } | undefined;
  for (const entry of entries) {
    const at = entry.platform === undefined ? Number.MAX_SAFE_INTEGER : rank(host, entry.platform);
    if (at !== undefined && (best === undefined || at < best.rank)) best = { entry, rank: at };
  }
  return best?.entry;
}

/** `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant === undefined || platform.variant === "" ? "" : `/${platform.variant}`;
  return `${platform.os}/${platform.architecture}${variant}`;
}
