/** What the image room needs of whoever checks signatures. Implemented in `trust/`. */

import type { Repository } from "../registry/repository.ts";

/**
 * Resolves when what `repository.digest` stands for may be fetched; that digest, and no tag, is then pulled (spec/engine.md
 * §22.33). Throws SC_IMAGE_UNTRUSTED, SC_TRUST_TOOL, SC_TIMEOUT, the signal's reason.
 */
export type ImageVerifier = (name: string, repository: Repository, signal: AbortSignal) => Promise<void>;
