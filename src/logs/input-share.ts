/**
 * One container's input in the hands of several clients. It ends for the container when a client has ended its own and no
 * other is left that could still write; with `stdin_once` when the first one ends or goes. A client that just goes ends nothing.
 */

export class InputShare {
  readonly #clients = new Set<InputClient>();
  #isEndWanted = false;
  #ending: Promise<void> | undefined;

  /** @param endInput ends the container's input for good; called once, again only when it failed. */
  constructor(
    private readonly isOnce: boolean,
    private readonly endInput: () => Promise<void>,
  ) {}

  join(): InputClient {
    const client: InputClient = {
      end: () => this.#drop(client, true),
      leave: () => this.#drop(client, this.isOnce),
    };
    this.#clients.add(client);
    return client;
  }

  async #drop(client: InputClient, endsInput: boolean): Promise<void> {
    if (!this.#clients.delete(client)) return;
    if (endsInput) this.#isEndWanted = true;
    if (!this.#isEndWanted || (this.#clients.size > 0 && !this.isOnce)) return;
    this.#ending ??= this.endInput().catch((thrown) => {
      this.#ending = undefined;
      throw thrown;
    });
    await this.#ending;
  }
}

/** One client's part; whichever is called first counts. */
export interface InputClient {
  /** The client has nothing more to write. */
  end(): Promise<void>;
  /** The client has gone. */
  leave(): Promise<void>;
}
