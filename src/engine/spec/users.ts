/**
 * Who a container's process is: the user text of its image, looked up in the passwd and group texts of its file system.
 * The texts come from an image and are hostile: lines that make no sense are passed over.
 */

import { SupercargoError } from "../../errors/error.ts";

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** First the gid itself, then the groups that name the user as a member. */
  readonly additionalGids: readonly number[];
}

const LARGEST_ID = 0x7fffffff;

interface PasswdLine {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

interface GroupLine {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * `user`, `user:group`, `uid`, `uid:gid` or empty (root). A number need not be in passwd (then group 0); a name must.
 * Throws SC_IMAGE_INVALID for a name that is not there.
 */
export function resolveUser(text: string, passwd: string, group: string): ResolvedUser {
  const users = parsePasswd(passwd);
  const groups = parseGroup(group);
  const [userText = "", groupText = ""] = split(text);
  const found = findUser(userText === "" ? "0" : userText, users);
  const gid = groupText === "" ? found.gid : findGroup(groupText, groups);
  // Numbers may be in passwd under a name; the groups of that name count (as containerd does it).
  const name = users.find((line) => line.uid === found.uid)?.name;
  const memberships = groups.filter((line) => name !== undefined && line.members.includes(name));
  return {
    uid: found.uid,
    gid,
    additionalGids: [...new Set([gid, ...memberships.map((line) => line.gid)])],
  };
}

function split(text: string): string[] {
  const at = text.indexOf(":");
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function findUser(text: string, users: readonly PasswdLine[]): { uid: number; gid: number } {
  const uid = idOf(text);
  if (uid !== undefined) return { uid, gid: users.find((line) => line.uid === uid)?.gid ?? 0 };
  const line = users.find((candidate) => candidate.name === text);
  if (line !== undefined) return line;
  throw new SupercargoError(
    "SC_IMAGE_INVALID",
    `user ${JSON.stringify(text)} is not in the image's /etc/passwd`,
  );
}

function findGroup(text: string, groups: readonly GroupLine[]): number {
  const gid = idOf(text);
  if (gid !== undefined) return gid;
  const line = groups.find((candidate) => candidate.name === text);
  if (line !== undefined) return line.gid;
  throw new SupercargoError(
    "SC_IMAGE_INVALID",
    `group ${JSON.stringify(text)} is not in the image's /etc/group`,
  );
}

function idOf(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= LARGEST_ID ? id : undefined;
}

function parsePasswd(text: string): PasswdLine[] {
  return fieldsOf(text).flatMap(([name, , uidText, gidText]) => {
    const uid = idOf(uidText ?? "");
    const gid = idOf(gidText ?? "");
    return name === undefined || uid === undefined || gid === undefined ? [] : [{ name, uid, gid }];
  });
}

function parseGroup(text: string): GroupLine[] {
  return fieldsOf(text).flatMap(([name, , gidText, members]) => {
    const gid = idOf(gidText ?? "");
    if (name === undefined || gid === undefined) return [];
    return [{ name, gid, members: (members ?? "").split(",").map((member) => member.trim()) }];
  });
}

function fieldsOf(text: string): string[][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}
