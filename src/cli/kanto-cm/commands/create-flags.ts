/** Flags of `kanto-cm create` (spec/cli.md). */

import { RESTART_POLICIES } from "../../../model/validate-limits.ts";
import type { Flag } from "../../flags.ts";

export const CREATE_FLAGS: readonly Flag[] = [
  { name: "name", shorthand: "n", kind: "string", fallback: "", usage: "Name of the container." },
  {
    name: "file",
    shorthand: "f",
    kind: "string",
    fallback: "",
    usage: "Container configuration file, JSON.",
  },
  { name: "t", kind: "bool", fallback: "false", usage: "Gives the container a terminal." },
  { name: "i", kind: "bool", fallback: "false", usage: "Keeps the container's input open." },
  { name: "e", kind: "stringArray", fallback: "[]", usage: "Environment variable: VAR=value, VAR= or VAR." },
  { name: "privileged", kind: "bool", fallback: "false", usage: "Runs the container as privileged." },
  {
    name: "rp",
    kind: "string",
    fallback: "",
    usage: "Restart policy: no, always, unless-stopped or on-failure.",
    choices: RESTART_POLICIES,
  },
  { name: "rp-cnt", kind: "int", fallback: "1", usage: "Most restarts; only for on-failure." },
  {
    name: "rp-to",
    kind: "int64",
    fallback: "30",
    usage: "Longest pause between restarts in seconds; only for on-failure.",
  },
  { name: "devices", kind: "strings", fallback: "[]", usage: "Devices: <host>:<container>[:<permissions>]." },
  {
    name: "ports",
    kind: "strings",
    fallback: "[]",
    usage: "Published ports: [<host-ip>:]<host-port>[-<end>]:<container-port>[/<protocol>].",
  },
  {
    name: "network",
    kind: "string",
    fallback: "bridge",
    usage: "Network mode: bridge or host.",
    choices: ["bridge", "host"],
  },
  { name: "hosts", kind: "strings", fallback: "[]", usage: "Extra hosts: <name>:<ip>." },
  {
    name: "mp",
    kind: "strings",
    fallback: "[]",
    usage: "Mount points: <source>:<destination>[:<propagation>].",
  },
  { name: "cap-add", kind: "strings", fallback: "[]", usage: "Extra capabilities, such as CAP_NET_ADMIN." },
  {
    name: "log-driver",
    kind: "string",
    fallback: "json-file",
    usage: "Log driver: json-file or none.",
    choices: ["json-file", "none"],
  },
  { name: "log-max-files", kind: "int", fallback: "2", usage: "Most log files, the present one included." },
  { name: "log-max-size", kind: "string", fallback: "100M", usage: "Largest size of a log file." },
  { name: "log-path", kind: "string", fallback: "", usage: "Folder for the logs." },
  {
    name: "log-mode",
    kind: "string",
    fallback: "blocking",
    usage: "Log mode: blocking or non-blocking.",
    choices: ["blocking", "non-blocking"],
  },
  { name: "log-max-buffer-size", kind: "string", fallback: "1M", usage: "Buffer of the non-blocking mode." },
  { name: "memory", shorthand: "m", kind: "string", fallback: "", usage: "Memory limit, such as 200M." },
  {
    name: "memory-reservation",
    kind: "string",
    fallback: "",
    usage: "Memory that is kept for it under pressure.",
  },
  { name: "memory-swap", kind: "string", fallback: "", usage: "Memory and swap together; -1 is unlimited." },
  {
    name: "dec-keys",
    kind: "strings",
    fallback: "[]",
    usage: "Keys for encrypted images: <path>[:<password>].",
  },
  {
    name: "dec-recipients",
    kind: "strings",
    fallback: "[]",
    usage: "Recipients for encrypted images: pkcs7:<path>.",
  },
];
