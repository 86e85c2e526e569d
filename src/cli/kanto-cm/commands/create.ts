/** `kanto-cm create`: makes a container from an image, or from a file, and prints its id. */

import { readFileSync } from "node:fs";
import { toError } from "../../../errors/error.ts";
import { type ContainerWish, fillDefaults } from "../../../model/defaults.ts";
import { firstFault } from "../../../model/validate.ts";
import { RESTART_POLICIES } from "../../../model/validate-limits.ts";
import { CommandError } from "../../command-error.ts";
import type { FlagValues } from "../../flags.ts";
import { isLively } from "../../terminal.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { CREATE_FLAGS } from "./create-flags.ts";
import { parseDevice, parseMount, parsePort } from "./create-options.ts";

const NANOS_PER_SECOND = 1_000_000_000n;

function restartPolicy(values: FlagValues) {
  const type = values.text("rp");
  if (!RESTART_POLICIES.includes(type)) return undefined;
  const isOnFailure = type === "on-failure";
  return {
    type,
    maximumRetryCount: isOnFailure ? values.number("rp-cnt") : 0,
    retryTimeoutNanos: isOnFailure ? values.bigint("rp-to") * NANOS_PER_SECOND : 0n,
  };
}

function logConfig(values: FlagValues) {
  const type = values.text("log-driver");
  const mode = values.text("log-mode");
  const file = {
    maxFiles: values.number("log-max-files"),
    maxSize: values.text("log-max-size"),
    rootDir: values.text("log-path"),
  };
  return {
    driver: type === "none" ? { type } : { type: "json-file", ...file },
    mode:
      mode === "non-blocking"
        ? { mode, maxBufferSize: values.text("log-max-buffer-size") }
        : { mode: "blocking" },
  };
}

function wishFromFlags(values: FlagValues, image: string, cmd: readonly string[]): ContainerWish {
  const resources = {
    memory: values.text("memory"),
    memoryReservation: values.text("memory-reservation"),
    memorySwap: values.text("memory-swap"),
  };
  const keys = values.list("dec-keys");
  const recipients = values.list("dec-recipients");
  const env = values.list("e");
  return {
    name: values.text("name"),
    image:
      keys.length + recipients.length === 0
        ? { name: image }
        : { name: image, decryptConfig: { keys, recipients } },
    mounts: values.list("mp").map(parseMount),
    hostConfig: {
      privileged: values.bool("privileged"),
      devices: values.list("devices").map(parseDevice),
      networkMode: values.text("network"),
      extraHosts: values.list("hosts"),
      extraCapabilities: values.list("cap-add"),
      portMappings: values.list("ports").map(parsePort),
      restartPolicy: restartPolicy(values),
      logConfig: logConfig(values),
      resources: Object.values(resources).every((text) => text === "") ? undefined : resources,
    },
    ioConfig: { tty: values.bool("t"), openStdin: values.bool("i"), attachStdin: false },
    config: env.length + cmd.length === 0 ? undefined : { env, cmd },
  };
}

/** A file in the container configuration form; read with the reader of manifests, which names line and key. */
async function wishFromFile(path: string): Promise<ContainerWish> {
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch (cause) {
    const reason =
      cause instanceof Error && "code" in cause && cause.code === "ENOENT"
        ? "no such file or directory"
        : toError(cause).message;
    throw new CommandError(`open ${path}: ${reason}`, { cause });
  }
  const { readManifest } = await import("../../../manifest/read.ts");
  const { describeNote } = await import("../../../manifest/note.ts");
  const result = readManifest(content, { file: path, source: "create" });
  if (result.ok) return result.manifest.desired;
  throw new CommandError(result.problems.map(describeNote).join("\n"));
}

function refuseCombination(values: FlagValues): void {
  if (!values.bool("privileged")) return;
  const and = (what: string) =>
    `cannot create the container as privileged and with ${what} at the same time - choose one of the options`;
  if (values.list("devices").length > 0) throw new CommandError(and("specified devices"));
  if (values.list("cap-add").length > 0) throw new CommandError(and("extra capabilities"));
}

export const createCommand: Command = {
  name: "create",
  usage: "create [option]... [container-image-id] [command] [command-arg]...",
  short: "Create a container.",
  long: "Create a container.",
  examples: ["create <container-image-id>", "create --name <container-name> <container-image-id>"],
  interspersed: false,
  maxArgs: Number.POSITIVE_INFINITY,
  flags: [...CREATE_FLAGS, JSON_FLAG],
  completes: "image",
  async run({ values, args, client, connection, terminal, signal, out }) {
    const file = values.text("file");
    const [image, ...cmd] = args;
    let wish: ContainerWish;
    if (file !== "") {
      if (args.length > 0)
        throw new CommandError("no arguments are expected when creating a container from file");
      const others = values.given.filter(
        (name) => name !== "file" && CREATE_FLAGS.some((flag) => flag.name === name),
      );
      if (others.length > 0)
        throw new CommandError("no other flags are expected when creating a container from file");
      wish = await wishFromFile(file);
    } else {
      if (image === undefined) throw new CommandError("container image argument is expected");
      refuseCombination(values);
      wish = wishFromFlags(values, image, cmd);
    }
    const desired = fillDefaults(wish);
    const fault = firstFault(desired);
    if (fault !== undefined) throw new CommandError(fault.message);
    // Scripts, and images with keys of their own, are served by the daemon alone.
    if (isLively(terminal, "stderr") && desired.image.decryptConfig === undefined) {
      const { pullInSight } = await import("../first-pull.ts");
      await pullInSight(connection, desired.image.name, terminal, signal);
    }
    const container = await client.create(desired, signal, (keys) =>
      terminal.err(`left out, the daemon is Kanto's and does not know them: ${keys.join(", ")}\n`),
    );
    if (values.bool("json")) return out(`${JSON.stringify({ id: container.id, name: container.name })}\n`);
    out(`${container.id}\n`);
  },
};
