/** Something that a person should know of or act on, as the daemon's status tells it. */

export interface Problem {
  /** Code of the catalogue of errors, such as SC_STATE_UNREADABLE. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** File, container, image or registry that it is about. */
  readonly subject: string;
}
