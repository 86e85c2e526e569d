/** What `supercargo hand-over` says about one thing. */

export interface Remark {
  /** `problem`: Kanto does not start, or a container does not; `warning`: it works, but not as it does now. */
  readonly level: "problem" | "warning";
  /** `configuration`, `machine`, or a container's name. */
  readonly subject: string;
  readonly message: string;
}
