// Writes THIRD-PARTY.md: what the executable contains, under which licence, with each licence's text as its package has it.
// Run it after a change of dependencies: node scripts/project/notices.mjs
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Packages of type declarations: nothing of them is in the executable. */
const ONLY_TYPES = /(^|\/)(@types\/[^/]+|undici-types)$/;
const LICENCE_FILE = /^(licen[cs]e|copying)/i;
/** For packages that come without the text of their licence. */
const TEXTS = {
  "@bufbuild/protobuf": `Copyright 2021-2026 Buf Technologies, Inc.; the text of the Apache License, Version 2.0, stands in LICENSE.

Parts of its wire format: Copyright 2008 Google Inc. All rights reserved.

${bsd3("Google Inc.")}`,
};

function bsd3(owner) {
  return `Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are
met:

    * Redistributions of source code must retain the above copyright
notice, this list of conditions and the following disclaimer.
    * Redistributions in binary form must reproduce the above
copyright notice, this list of conditions and the following disclaimer
in the documentation and/or other materials provided with the
distribution.
    * Neither the name of ${owner} nor the names of its
contributors may be used to endorse or promote products derived from
this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS
"AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT
LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR
A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT
OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT
LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY
THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
(INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.`;
}

/** Packages of the lock file that are needed at run time, with the folder they lie in. */
function runtimePackages() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([folder, { dev }]) => folder !== "" && dev !== true && !ONLY_TYPES.test(folder))
    .map(([folder, { version, license }]) => ({
      folder,
      name: folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: license.replace(/[()]/g, "").replaceAll(" AND ", " and "),
    }))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

function licenceText({ folder, name }) {
  const place = join(ROOT, folder);
  const file = existsSync(place) ? readdirSync(place).find((entry) => LICENCE_FILE.test(entry)) : undefined;
  const text = file === undefined ? TEXTS[name] : readFileSync(join(place, file), "utf8");
  if (text === undefined)
    throw new Error(`${name} has no text of its licence: write it into ${import.meta.url}`);
  return text
    .replaceAll("\r\n", "\n")
    .replace(/[ \t]+$/gm, "")
    .trim();
}

/** The whole file, from the lock file and the installed packages. */
export function noticesText() {
  const packages = runtimePackages();
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const from = (name) => (name in dependencies ? "npm package" : "npm package, needed by mqtt");
  return `# Third-party software in the executable

Made by \`scripts/project/notices.mjs\` from the lock file and the installed packages.

| software | licence | where from |
|---|---|---|
| Bun ${devDependencies.bun} (with JavaScriptCore, BoringSSL, zlib, zstd, libuv parts and others, see its own notices) | MIT; JavaScriptCore LGPL-2.1 | npm package \`bun\` |
${packages.map(({ name, version, licence }) => `| ${name} ${version} | ${licence} | ${from(name)} |`).join("\n")}

JavaScriptCore is linked statically by Bun; the executable can be relinked with another build of it as Bun's documentation describes.

Used at run time, not contained: containerd, runc, the CNI plugins, nftables, iproute2, util-linux; \`notation\` where signatures are checked.

## Texts of the licences
${packages.map((one) => `\n### ${one.name} ${one.version}\n\n\`\`\`text\n${licenceText(one)}\n\`\`\`\n`).join("")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, "THIRD-PARTY.md"), noticesText());
}
