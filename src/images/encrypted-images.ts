/**
 * Who may use an encrypted image: whoever has a key that opens its layers. In the store the image stays as the registry has it;
 * its layers are opened to be unpacked and lie there unpacked, so at each creation and start of a container its keys are tried
 * again (spec/engine.md §19). What was found out holds for the same keys as long as the daemon runs.
 */

import type { Content } from "../engine/content.ts";
import type { SupercargoError } from "../errors/error.ts";
import type { DecryptConfig } from "../model/container.ts";
import { type ImageDecrypter, imageLocked, type PlainLayer } from "./decrypter.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import { isEncrypted } from "./media-types.ts";
import type { ResolvedImage } from "./resolved-image.ts";

const NO_KEYS: DecryptConfig = { keys: [], recipients: [] };

export class EncryptedImages {
  /** Image and keys that fit each other; the oldest goes first. */
  readonly #opened = new Set<string>();

  constructor(
    private readonly content: Content,
    private readonly decrypter: ImageDecrypter | undefined,
    /** Keys of the daemon, for all containers without keys of their own. */
    private readonly ownKeys: () => DecryptConfig = () => NO_KEYS,
  ) {}

  /** Throws SC_IMAGE_LOCKED for an encrypted image for which there is no key at all: before anything of it is fetched. */
  expectKeys(image: ResolvedImage, given: DecryptConfig | undefined): void {
    const isLocked = image.manifest.layers.some(({ mediaType }) => isEncrypted(mediaType));
    if (isLocked && (given ?? this.ownKeys()).keys.length === 0) throw noKey(image.name, given);
  }

  /** Opens layer number `at` for `use`. */
  async open<T>(
    image: ResolvedImage,
    at: number,
    given: DecryptConfig | undefined,
    signal: AbortSignal,
    use: (plain: PlainLayer) => Promise<T>,
  ): Promise<T> {
    const descriptor = image.manifest.layers[at];
    const { decrypter } = this;
    const keys = given ?? this.ownKeys();
    if (descriptor === undefined || decrypter === undefined || keys.keys.length === 0)
      throw noKey(image.name, given);
    const mark = await this.#mark(image, keys, decrypter);
    const layer = {
      image: image.name,
      number: at + 1,
      descriptor,
      diffId: image.config.diffIds[at] ?? "",
      read: (reading: AbortSignal) => this.content.stream(descriptor.digest, reading),
    };
    return await decrypter.open(layer, keys, signal, async (plain) => {
      this.#remember(mark);
      return await use(plain);
    });
  }

  /** Resolves when the keys open the image, at once when it is not encrypted. Throws SC_IMAGE_LOCKED. */
  async check(image: ResolvedImage, given: DecryptConfig | undefined, signal: AbortSignal): Promise<void> {
    const [smallest] = image.manifest.layers
      .map(({ mediaType, size }, at) => ({ at, size, isLocked: isEncrypted(mediaType) }))
      .filter(({ isLocked }) => isLocked)
      .sort((one, other) => one.size - other.size);
    if (smallest === undefined) return;
    const keys = given ?? this.ownKeys();
    if (this.decrypter === undefined || keys.keys.length === 0) throw noKey(image.name, given);
    if (this.#opened.has(await this.#mark(image, keys, this.decrypter))) return;
    await this.open(image, smallest.at, given, signal, async () => {});
  }

  async #mark(image: ResolvedImage, keys: DecryptConfig, decrypter: ImageDecrypter): Promise<string> {
    const manifest = image.documents.find(({ kind }) => kind === "manifest")?.descriptor.digest ?? "";
    return `${manifest} ${await decrypter.fingerprint(keys, image.name)}`;
  }

  #remember(mark: string): void {
    this.#opened.add(mark);
    const oldest = this.#opened.values().next();
    if (this.#opened.size > IMAGE_LIMITS.parsedImages && oldest.done !== true)
      this.#opened.delete(oldest.value);
  }
}

function noKey(image: string, given: DecryptConfig | undefined): SupercargoError {
  const own = "the container's image.decrypt_config names no key, and takes the place of the daemon's keys";
  const none =
    "neither the container (image.decrypt_config) nor the daemon (containers.image_dec_keys) names one";
  return imageLocked(
    `image ${image} is encrypted and there is no key for it: ${given === undefined ? none : own}`,
    { fields: { image } },
  );
}
