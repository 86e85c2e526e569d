/** Single probes: a command in the container, a request or a connection to its own address. What answers is hostile. */

import { HttpFailure, sendRequest } from "../base/http.ts";
import { errnoName } from "../base/libc.ts";
import { isKind, toError } from "../errors/error.ts";
import type { Probe } from "../model/extras.ts";

export type ProbeOutcome =
  | { readonly kind: "success" | "failure"; readonly output: string }
  /** Nobody could ask, which is no fault of the container: the engine is away, the container is ending. */
  | { readonly kind: "unknown" };

/** Runs a command in the container; killed when the signal aborts. Output is bounded. */
export type RunCommand = (
  command: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly output: string }>;

export interface ProbeTarget {
  /** The container's own address; 127.0.0.1 in host mode; undefined while it has none. */
  readonly address: string | undefined;
  readonly run: RunCommand;
}

/** Never rejects, but with the signal's reason when that aborts. @param timeoutMs of the probe, for its own limits */
export async function probeOnce(
  probe: Probe,
  target: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  try {
    if (probe.kind === "exec") return await execProbe(probe.command, target.run, signal);
    if (target.address === undefined) return { kind: "unknown" };
    if (probe.kind === "tcp") return await tcpProbe(target.address, probe.port, signal);
    return await httpProbe(target.address, probe.port, probe.path, timeoutMs, signal);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    return outcomeOfFailure(thrown);
  }
}

async function execProbe(
  command: readonly string[],
  run: RunCommand,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { exitCode, output } = await run(command, signal);
  if (exitCode === 0) return { kind: "success", output };
  const text = output.trim();
  return { kind: "failure", output: `exit code ${exitCode}${text === "" ? "" : `: ${text}`}` };
}

/** A connection that is accepted is healthy; nothing is sent. */
async function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<ProbeOutcome> {
  // Of all ways to connect here only this one gives the socket back when it is given up while it connects.
  const { connect } = process.getBuiltinModule("node:net");
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const socket = connect({ host, port });
  socket.once("connect", () => resolve());
  socket.on("error", reject);
  try {
    await promise;
    return { kind: "success", output: `${host}:${port} accepts connections` };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const reason = errnoName(thrown) ?? toError(thrown).message;
    return { kind: "failure", output: `cannot connect to ${host}:${port}: ${reason}` };
  } finally {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

/** Only the head of the answer counts: its body is not read, a redirect (3xx) is an answer and not followed. */
async function httpProbe(
  host: string,
  port: number,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const name = host.includes(":") ? `[${host}]` : host;
  const response = await sendRequest({
    method: "GET",
    url: `http://${name}:${port}${path.startsWith("/") ? path : `/${path}`}`,
    headers: { connection: "close", "user-agent": "supercargo-healthcheck" },
    // A proxy of the environment is none for the device's own addresses.
    direct: true,
    limits: { headMs: timeoutMs, paceMs: timeoutMs, paceBytes: 1 },
    signal,
  });
  await response.discard();
  const { status } = response;
  const isSuccess = status >= 200 && status < 400;
  return { kind: isSuccess ? "success" : "failure", output: `GET ${path}: status ${status}` };
}

function outcomeOfFailure(thrown: unknown): ProbeOutcome {
  if (thrown instanceof HttpFailure) return { kind: "failure", output: thrown.message };
  // The engine or the daemon is away, or the container ends or is paused at this moment.
  if (isKind(thrown, "unavailable", "state", "not-found", "cancelled")) return { kind: "unknown" };
  return { kind: "failure", output: toError(thrown).message };
}
