/** Room on the disk, the clock, and who may read and write what. */

import { existsSync, lstatSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { groupId } from "../../base/listen-socket.ts";
import { sizeText, spanText } from "../human-text.ts";
import type { Check, Finding, Site } from "./finding.ts";

const LEAST_FREE_SHARE = 0.05;
const LEAST_FREE_BYTES = 100_000_000;
const LEAST_FREE_INODES = 1000;
/** Nothing of ours is older. */
const EARLIEST_MS = Date.parse("2025-01-01T00:00:00Z");
/** File systems round times; a daemon may write this very moment. */
const CLOCK_MARGIN_MS = 60_000;
const SOCKET_GROUP = "container-management";
const CONTAINERD_ROOT = "/var/lib/containerd";

/** The folder itself, or the one above it in which it will be made. */
function existing(path: string): string {
  return existsSync(path) || path === "/" || path === "." ? path : existing(dirname(path));
}

function roomAt(path: string): Finding | undefined {
  const { bavail, blocks, bsize, files, ffree } = statfsSync(existing(path));
  const free = bavail * bsize;
  const total = blocks * bsize;
  const command = "kanto-cm images prune";
  const subject = "disk";
  if (free < Math.min(LEAST_FREE_BYTES, total * 0.5) || free < total * LEAST_FREE_SHARE) {
    const message = `${path}: only ${sizeText(free)} of ${sizeText(total)} are free`;
    return { subject, level: free < LEAST_FREE_BYTES / 10 ? "problem" : "warning", message, command };
  }
  if (files > 0 && ffree < LEAST_FREE_INODES) {
    const message = `${path}: only ${ffree} more files can be made`;
    return { subject, level: "problem", message, command };
  }
  return undefined;
}

export const checkDisk: Check = async ({ config }) => {
  const places = [...new Set([config.manager.homeDir, config.manager.execRootDir, CONTAINERD_ROOT])];
  const findings = places.flatMap((place) => roomAt(place) ?? []);
  return findings.length > 0
    ? findings
    : [{ subject: "disk", level: "ok", message: `there is room at ${places.join(", ")}` }];
};

export const checkClock: Check = async ({ config, configPath }) => {
  const subject = "clock";
  const command = "timedatectl set-ntp true";
  const nowMs = Date.now();
  const now = new Date(nowMs).toISOString();
  if (nowMs < EARLIEST_MS) {
    const message = `the clock says ${now}: certificates of registries and brokers are not valid yet`;
    return [{ subject, level: "problem", message, command }];
  }
  const witnesses = [configPath, config.manager.homeDir].filter((path) => path !== "" && existsSync(path));
  for (const path of witnesses) {
    const aheadMs = statSync(path).mtimeMs - nowMs;
    if (aheadMs > CLOCK_MARGIN_MS) {
      const message = `the clock says ${now}, but ${path} was written ${spanText(aheadMs)} later: the clock was set back`;
      return [{ subject, level: "warning", message, command }];
    }
  }
  return [{ subject, level: "ok", message: now }];
};

function modeText(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

/** Somebody else than root could change what the daemon believes. */
function folderFindings(path: string): Finding[] {
  const subject = "permissions";
  if (!existsSync(path)) return [];
  const { mode, uid } = statSync(path);
  if (!statSync(path).isDirectory()) {
    return [{ subject, level: "problem", message: `${path} is no folder`, advice: "move it away" }];
  }
  const own = process.getuid?.() ?? 0;
  if (uid !== 0 && uid !== own) {
    return [
      {
        subject,
        level: "problem",
        message: `${path} belongs to user ${uid}, not to root`,
        command: `chown root: ${path}`,
      },
    ];
  }
  if ((mode & 0o022) === 0) return [];
  return [
    {
      subject,
      level: "problem",
      message: `${path} can be written to by others (mode ${modeText(mode)})`,
      command: `chmod go-w ${path}`,
    },
  ];
}

/** In the file itself, not in one that it names. */
function hasSecrets({ config: { containers, connection } }: Site): boolean {
  const passwords = Object.values(containers.registries).map((one) =>
    one.credentials?.passwordFile === undefined ? (one.credentials?.password ?? "") : "",
  );
  const isElsewhere = connection.clientPasswordFile !== "" || connection.clientPasswordEnv !== "";
  return [...passwords, isElsewhere ? "" : connection.clientPassword].some((password) => password !== "");
}

function configFindings(site: Site): Finding[] {
  const { configPath } = site;
  if (configPath === "" || !existsSync(configPath) || !hasSecrets(site)) return [];
  const { mode } = statSync(configPath);
  if ((mode & 0o044) === 0) return [];
  const message = `${configPath} holds passwords and can be read by others (mode ${modeText(mode)})`;
  return [{ subject: "permissions", level: "problem", message, command: `chmod 0600 ${configPath}` }];
}

function socketFindings(path: string): Finding[] {
  const seen = lstatSync(path, { throwIfNoEntry: false });
  if (seen === undefined) return [];
  const subject = "permissions";
  if ((seen.mode & 0o002) !== 0) {
    const message = `everybody may use ${path} (mode ${modeText(seen.mode)}), which is as much as being root`;
    return [{ subject, level: "problem", message, command: `chmod o-rwx ${path}` }];
  }
  const group = groupId(SOCKET_GROUP);
  if (group === undefined || seen.gid === group) return [];
  const message = `the group ${SOCKET_GROUP} is there, but ${path} does not belong to it`;
  return [{ subject, level: "warning", message, command: `chgrp ${SOCKET_GROUP} ${path}` }];
}

export const checkPermissions: Check = async (site) => {
  const { homeDir, execRootDir } = site.config.manager;
  const findings = [
    ...[...new Set([homeDir, execRootDir])].flatMap(folderFindings),
    ...configFindings(site),
    ...("unix" in site.address ? socketFindings(site.address.unix) : []),
  ];
  if (process.getuid?.() !== 0) {
    const message = "this is not run by root: not everything can be seen";
    findings.push({
      subject: "permissions",
      level: "warning",
      message,
      advice: "run supercargo doctor as root",
    });
  }
  return findings.length > 0
    ? findings
    : [
        {
          subject: "permissions",
          level: "ok",
          message: "folders, configuration and socket are root's alone",
        },
      ];
};
