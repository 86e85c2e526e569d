/** Types of package.mjs for the tests. */
export interface PackageParts {
  readonly architecture: string;
  readonly executable: Buffer;
  readonly helpFolder: string;
  readonly version?: string;
  readonly time?: number;
}
export const MAN_SECTIONS: Readonly<Record<string, number>>;
export function debianPackage(parts: PackageParts): Buffer;
export function manPages(
  folder: string,
  version?: string,
  time?: number,
): readonly { readonly path: string; readonly text: string }[];
