/** Types of archive.mjs for the tests. */
export interface Member {
  readonly path: string;
  readonly mode?: number;
  readonly content?: Buffer;
  readonly link?: string;
  readonly folder?: true;
}
export function tar(members: readonly Member[], time: number): Buffer;
export function ar(
  members: readonly { readonly name: string; readonly content: Buffer }[],
  time: number,
): Buffer;
