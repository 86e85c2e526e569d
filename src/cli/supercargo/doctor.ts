/** `supercargo doctor`: looks over everything that containers need, and says how to mend what is not right. */

import { usualConfigPath } from "../../config/sources.ts";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { JSON_FLAG, type ToolCommand } from "./command.ts";

const WORDS = { ok: "ok", off: "off", warning: "WARNING", problem: "PROBLEM" } as const;
const WORD_WIDTH = 8;
const SUBJECT_WIDTH = 14;

function textOf(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ subject, level, message, command, advice }) => [
    `${WORDS[level].padEnd(WORD_WIDTH)} ${subject.padEnd(SUBJECT_WIDTH)} ${message}`,
    ...(command === undefined
      ? []
      : [`${" ".repeat(WORD_WIDTH)} ${"".padEnd(SUBJECT_WIDTH)} run: ${command}`]),
    ...(advice === undefined ? [] : [`${" ".repeat(WORD_WIDTH)} ${"".padEnd(SUBJECT_WIDTH)} do: ${advice}`]),
  ]);
  const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
  lines.push(`${count("problem")} problems, ${count("warning")} warnings`);
  return `${lines.join("\n")}\n`;
}

export const doctorCommand: ToolCommand = {
  name: "doctor",
  usage: "doctor",
  short: "Looks over everything that containers need",
  long: [
    "Looks over what containers need on this device: configuration, containerd, runc, CNI plugins, control groups,",
    "kernel, nftables, broker, disk, clock, permissions and the daemon. Changes nothing; says what would mend what",
    "is not right.",
  ].join("\n"),
  examples: ["doctor", "doctor --json --cfg-file /etc/container-management/config.json"],
  flags: [
    JSON_FLAG,
    {
      name: "cfg-file",
      kind: "string",
      fallback: "",
      usage: "The daemon's configuration; else the usual one",
    },
    {
      name: "host",
      kind: "string",
      fallback: "",
      usage: "Address of the daemon: a socket path or tcp://host:port; else that of the configuration",
    },
  ],
  leastArgs: 0,
  mostArgs: 0,
  exitCodes: { 0: "no problems", 1: "there are problems" },
  async run({ values, signal, out }) {
    const configPath = values.text("cfg-file") === "" ? usualConfigPath() : values.text("cfg-file");
    const findings = await examine(configPath, values.text("host"), signal);
    const isHealthy = findings.every(({ level }) => level !== "problem");
    out(
      values.bool("json")
        ? `${JSON.stringify({ healthy: isHealthy, findings }, undefined, 2)}\n`
        : textOf(findings),
    );
    return isHealthy ? 0 : 1;
  },
};
