/**
 * Further processes inside a running task. The same rules as for tasks: readers of the FIFOs open before the start, the wait
 * asked for before the start and before a kill, everything safe to repeat. Errors as in engine.ts.
 */

import type { TaskExit, TaskStdio } from "./engine.ts";
import type { OciProcess } from "./spec/oci.ts";

export interface ExecRequest {
  /** Engine id of the task. */
  readonly id: string;
  /** Of our making, unique within the task. */
  readonly execId: string;
  readonly process: OciProcess;
  readonly stdio: TaskStdio;
}

export interface ExecEngine {
  /** The main process of a task as it was described at its creation; undefined without such a task. */
  taskProcess(id: string, signal: AbortSignal): Promise<OciProcess | undefined>;
  /** Makes the process known; nothing runs yet. SC_ENGINE_NOT_FOUND without a task. */
  createExec(request: ExecRequest, signal: AbortSignal): Promise<void>;
  /** Answers the pid. SC_ENGINE_FAILED with runc's text when the command cannot be run. */
  startExec(id: string, execId: string, signal: AbortSignal): Promise<number>;
  /** The end of the process, at once if it has ended. SC_ENGINE_NOT_FOUND, SC_ENGINE_UNAVAILABLE. */
  waitExec(id: string, execId: string, signal: AbortSignal): Promise<TaskExit>;
  /** An ended or missing process is success. */
  killExec(id: string, execId: string, signalNumber: number, signal: AbortSignal): Promise<void>;
  /** Size of its terminal in characters; an ended or missing process is success. */
  resizeExec(id: string, execId: string, size: TerminalSize, signal: AbortSignal): Promise<void>;
  closeExecStdin(id: string, execId: string, signal: AbortSignal): Promise<void>;
  /** Forgets an ended process, or one that was never started; what its output still holds is passed on first. Missing is fine. */
  deleteExec(id: string, execId: string, signal: AbortSignal): Promise<void>;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
