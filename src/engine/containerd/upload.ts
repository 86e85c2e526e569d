/**
 * One blob on its way into the content store. Invariants: offsets grow without a gap; at most 8 messages are unanswered;
 * what is found to be wrong is aborted, for it would stay under its key and spoil every later try (spec/pitfalls.md §1).
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { DuplexCall } from "../../grpc/call.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { BlobWriter, Descriptor } from "../content.ts";
import { statusOf, toEngineError } from "./engine-errors.ts";
import {
  WriteAction,
  type WriteContentRequest,
  type WriteContentResponse,
} from "./gen/containerd/services/content.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const UNANSWERED_LIMIT = 8;
const CHUNK_BYTES = 1024 * 1024;

export type WriteCall = DuplexCall<WriteContentRequest, WriteContentResponse>;

export interface UploadParts {
  readonly call: WriteCall;
  readonly ref: string;
  readonly blob: Descriptor;
  readonly clock: Clock;
  /** Called once, when the stream has ended. */
  readonly onEnd: () => void;
  /** Throws away what the store has under the key. */
  readonly discard: () => Promise<void>;
  /** Labels for a blob that somebody else committed meanwhile. */
  readonly label: (labels: Readonly<Record<string, string>>) => Promise<void>;
}

export class Upload implements BlobWriter {
  readonly #parts: UploadParts;
  readonly #answers: AsyncIterator<WriteContentResponse>;
  #offset = 0;
  #unanswered = 0;
  #reading: Promise<void> = Promise.resolve();
  #failure: unknown;
  #hasFailed = false;
  #wake: (() => void) | undefined;
  #isOpen = true;

  private constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#answers = parts.call.responses[Symbol.asyncIterator]();
  }

  /** Asks where to go on. Answers undefined when the namespace has the blob (its lease holds it then). */
  static async begin(parts: UploadParts): Promise<Upload | undefined> {
    const upload = new Upload(parts);
    try {
      await upload.#send({ action: WriteAction.STAT });
      const answer = await upload.#next(TIME_LIMITS_MS.record);
      upload.#offset = answer.offset;
    } catch (thrown) {
      await upload.#end();
      if (statusOf(thrown) === Status.ALREADY_EXISTS) return undefined;
      throw thrown;
    }
    if (upload.#offset > parts.blob.size) {
      await upload.abort();
      throw upload.#mismatch(`${upload.#offset} bytes of it are in the store`);
    }
    return upload;
  }

  get offset(): number {
    return this.#offset;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#offset + chunk.length > this.#parts.blob.size) {
      await this.abort();
      throw this.#mismatch("more bytes came");
    }
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      const data = chunk.subarray(at, at + CHUNK_BYTES);
      while (this.#unanswered >= UNANSWERED_LIMIT && !this.#hasFailed) await this.#answered();
      this.#throwFailure();
      await this.#send({ action: WriteAction.WRITE, data });
      this.#offset += data.length;
      this.#unanswered++;
      this.#reading = this.#reading.then(() => this.#readAnswer());
    }
  }

  async commit(labels: Readonly<Record<string, string>>): Promise<void> {
    if (this.#offset !== this.#parts.blob.size) {
      const message = `${this.#offset} bytes came`;
      await this.abort();
      throw this.#mismatch(message);
    }
    try {
      await this.#reading;
      this.#throwFailure();
      await this.#send({ action: WriteAction.COMMIT, labels: { ...labels } });
      await this.#next(TIME_LIMITS_MS.commitBlob);
      await this.#end();
    } catch (thrown) {
      await this.#end();
      if (statusOf(thrown) === Status.ALREADY_EXISTS) {
        await this.#parts.label(labels);
      } else if (statusOf(thrown) === Status.FAILED_PRECONDITION) {
        await this.#parts.discard();
        throw this.#mismatch("the content that came has another digest", thrown);
      } else {
        throw thrown;
      }
    }
  }

  async suspend(): Promise<void> {
    // What is on its way still counts for the resume.
    const timer = this.#parts.clock.after(TIME_LIMITS_MS.suspendUpload, () => this.#parts.call.cancel());
    await this.#reading;
    timer.cancel();
    await this.#end();
  }

  async abort(): Promise<void> {
    await this.#end();
    await this.#parts.discard();
  }

  /** Closes the stream; containerd keeps what it has. */
  async #end(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#fail(new SupercargoError("SC_CANCELLED", `the upload of ${this.#parts.blob.digest} was ended`));
    this.#parts.call.cancel();
    await this.#reading;
    this.#parts.onEnd();
  }

  async #send(changes: Partial<WriteContentRequest>): Promise<void> {
    const { ref, blob, call } = this.#parts;
    const request = {
      action: WriteAction.STAT,
      ref,
      total: blob.size,
      expected: blob.digest,
      offset: this.#offset,
      data: new Uint8Array(),
      labels: {},
      ...changes,
    };
    try {
      await call.send(request);
    } catch (thrown) {
      // The status of the call tells more than the failed sending; it comes with the answers.
      await this.#reading;
      this.#throwFailure();
      throw toEngineError(thrown, "Content/Write", false);
    }
  }

  async #readAnswer(): Promise<void> {
    if (this.#hasFailed) return;
    try {
      await this.#next(TIME_LIMITS_MS.uploadStall);
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.#unanswered--;
      this.#wake?.();
    }
  }

  async #next(limitMs: number): Promise<WriteContentResponse> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.#parts.clock.after(limitMs, () => {
        reject(new SupercargoError("SC_TIMEOUT", "containerd did not answer Content/Write in time"));
        this.#parts.call.cancel();
      });
    });
    try {
      const answer = await Promise.race([this.#answers.next(), late]);
      if (answer.done !== true) return answer.value;
      throw new SupercargoError("SC_ENGINE_FAILED", "containerd ended the upload without an answer");
    } catch (thrown) {
      throw toEngineError(thrown, "Content/Write", false);
    } finally {
      timer?.cancel();
    }
  }

  #answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #fail(thrown: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#failure = thrown;
    this.#wake?.();
  }

  #throwFailure(): void {
    if (this.#hasFailed) throw this.#failure;
  }

  #mismatch(what: string, cause?: unknown): SupercargoError {
    const { digest, size } = this.#parts.blob;
    return new SupercargoError("SC_DIGEST_MISMATCH", `${digest} should have ${size} bytes: ${what}`, {
      cause,
      fields: { digest, size },
    });
  }
}
