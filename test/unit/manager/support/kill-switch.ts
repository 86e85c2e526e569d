/**
 * Simulates `kill -9`: everything that a manager can reach is wrapped, and from the chosen boundary on (before or after a
 * call) nothing of that manager has any effect any more. Its promises stay open for ever, as a dead process's do.
 */

export class KillSwitch {
  isDead = false;
  /** Boundaries passed; each call has two, before and after its effect. */
  passed = 0;
  killAt = Number.POSITIVE_INFINITY;
  /** Name of a boundary such as `after engine.commitSnapshot`. */
  killHere = "";
  readonly names: string[] = [];

  /** A view of `target` that is cut off when this switch is thrown. */
  guard<T extends object>(target: T, label: string): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key, object);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => this.#call(`${label}.${String(key)}`, () => value.apply(object, args));
      },
    });
  }

  #call(name: string, act: () => unknown): unknown {
    this.#boundary(`before ${name}`);
    if (this.isDead) return dead(name);
    const result = act();
    this.#boundary(`after ${name}`);
    if (!(result instanceof Promise)) return this.isDead ? dead(name) : this.#wrap(result, name);
    if (this.isDead) {
      // The engine goes on with what it was asked; nobody hears the answer.
      result.catch(() => undefined);
      return never();
    }
    return result.then(
      (answer) => (this.isDead ? never() : this.#wrap(answer, name)),
      (thrown) => {
        if (this.isDead) return never();
        throw thrown;
      },
    );
  }

  /** Outputs are reached through the logs room and must be cut off with it. */
  #wrap(answer: unknown, name: string): unknown {
    const isOutput = typeof answer === "object" && answer !== null && "endInput" in answer;
    return isOutput ? this.guard(answer, `${name}()`) : answer;
  }

  #boundary(name: string): void {
    if (this.isDead) return;
    this.passed++;
    this.names.push(name);
    if (this.passed >= this.killAt || name === this.killHere) this.isDead = true;
  }
}

const SYNC =
  /\.(save|load|write|remove|entries|containerDir|onConnection|onOom|onPause|attached|listen|endInput)$/;

function dead(name: string): unknown {
  if (SYNC.test(name) && !name.startsWith("images.")) throw new Error("the process is dead");
  return never();
}

function never(): Promise<never> {
  return new Promise(() => {});
}
