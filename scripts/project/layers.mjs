// Checks the house rules of docs/ARCHITECTURE.md that a tool can check: who imports whom, where the runtime's own API is
// called, how long a file may be, and names that say nothing.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/** Rooms from the top down; a room imports only itself and rooms above it. */
export const ROOMS = [
  "model",
  "errors",
  "base",
  "grpc",
  "mqtt",
  "config",
  "manifest",
  "store",
  "registry",
  "engine",
  "images",
  "trust",
  "network",
  "logs",
  "metrics",
  "health",
  "manager",
  "deploy",
  "api",
  "twin",
  "update-agent",
  "cli",
  "bin",
];
/** `errors` is vocabulary too: the rules of the model refuse with the product's errors. */
const ALSO_ALLOWED = new Set(["model>errors"]);
const RUNTIME_ROOM = "base";
const LINE_LIMIT = 300;
const EMPTY_NAMES = /^(utils?|common|helpers?|lib|misc|types)(\.ts)?$/;
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)["']([^"']+)["']/g;

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : path.endsWith(".ts") ? [path] : [];
  });
}

/** Removes comments, and the content of texts but import specifiers stay. */
function withoutComments(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/(^|[^:"'`\\])\/\/[^\n]*/g, "$1");
}

function lineOf(text, index) {
  return text.slice(0, index).split("\n").length;
}

/** Findings of the tree below `source`, and how many files were read. */
export function checkLayers(source) {
  const findings = [];
  const files = filesBelow(source);
  const packagePath = join(source, "..", "package.json");
  const { imports = {} } = existsSync(packagePath) ? JSON.parse(readFileSync(packagePath, "utf8")) : {};
  for (const file of files) {
    const name = relative(source, file);
    const parts = name.split(sep);
    const room = parts[0];
    const isGenerated = parts.includes("gen");
    const text = readFileSync(file, "utf8");
    const code = withoutComments(text);
    if (parts.length < 2) findings.push(`${name}: no file lies outside a room`);
    else if (!ROOMS.includes(room)) findings.push(`${name}: ${room} is not a room`);
    // Below gen/ the folders are named by the protocol.
    for (const part of isGenerated ? parts.slice(0, parts.indexOf("gen")) : parts)
      if (EMPTY_NAMES.test(part)) findings.push(`${name}: the name ${part} says nothing`);
    const lines = text.split("\n").length - 1;
    if (!isGenerated && lines > LINE_LIMIT) findings.push(`${name}: ${lines} lines, at most ${LINE_LIMIT}`);
    if (room !== RUNTIME_ROOM && !isGenerated) {
      for (const match of code.matchAll(/\bBun\./g)) {
        findings.push(
          `${name}:${lineOf(code, match.index)}: the runtime's own API belongs into ${RUNTIME_ROOM}`,
        );
      }
    }
    for (const match of code.matchAll(IMPORT)) {
      const target = match[1];
      const place = `${name}:${lineOf(code, match.index)}`;
      if (target === "bun" || target.startsWith("bun:")) {
        if (room !== RUNTIME_ROOM) findings.push(`${place}: ${target} belongs into ${RUNTIME_ROOM}`);
        continue;
      }
      if (!target.startsWith(".") && !target.startsWith("#")) continue;
      const path = target.startsWith("#")
        ? resolve(source, "..", imports[target]?.default ?? target)
        : resolve(dirname(file), target);
      if (!existsSync(path) || !statSync(path).isFile()) {
        findings.push(`${place}: ${target} is not there`);
        continue;
      }
      const targetRoom = relative(source, path).split(sep)[0];
      if (targetRoom === ".." || targetRoom === room || ALSO_ALLOWED.has(`${room}>${targetRoom}`)) continue;
      if (ROOMS.indexOf(targetRoom) > ROOMS.indexOf(room)) {
        findings.push(`${place}: ${room} must not import ${targetRoom}, a room below it`);
      }
    }
  }
  return { findings, files: files.length };
}
