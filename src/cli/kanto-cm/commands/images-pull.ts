/** `kanto-cm images pull`: fetches an image, with a bar per layer on a terminal. */

import { ImagesClient } from "../../../api/images-client.ts";
import { systemClock } from "../../../base/clock.ts";
import { PULL_POLICIES } from "../../../model/extras.ts";
import { CommandError } from "../../command-error.ts";
import { sizeText } from "../../human-text.ts";
import { isLively } from "../../terminal.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { imageJson } from "../image-json.ts";
import { onlyOurs } from "../only-ours.ts";
import { PullBars, PullLines } from "../pull-progress.ts";

export const imagesPullCommand: Command = {
  name: "images pull",
  isOurs: true,
  usage: "images pull <image>",
  short: "Fetch an image from its registry.",
  long: "Fetch an image from its registry. What was fetched is kept when it is interrupted, and the next pull goes on there.",
  examples: [
    "images pull docker.io/library/redis:7",
    "images pull --policy missing docker.io/library/redis:7",
  ],
  interspersed: true,
  minArgs: 1,
  maxArgs: 1,
  completes: "image",
  flags: [
    {
      name: "policy",
      kind: "string",
      fallback: "newer",
      usage: "missing (only when it is not here), newer (when the registry has another), or always.",
      choices: PULL_POLICIES,
    },
    JSON_FLAG,
  ],
  async run({ values, args, connection, terminal, signal, out }) {
    const name = args[0] ?? "";
    const policy = PULL_POLICIES.find((one) => one === values.text("policy"));
    if (policy === undefined)
      throw new CommandError(`no policy: ${values.text("policy")}; one of ${PULL_POLICIES.join(", ")}`);
    const now = () => systemClock.nowMs();
    const write = (text: string) => terminal.err(text);
    // On stderr: what is printed on stdout is the result.
    const makeView = () =>
      isLively(terminal, "stderr")
        ? new PullBars({ write, size: () => terminal.size() }, now)
        : new PullLines(write, now);
    const pull = async () => {
      // Disposed before the result is printed: a block that is painted again would take its line.
      using view = makeView();
      return await new ImagesClient(connection).pull(name, policy, (progress) => view.show(progress), signal);
    };
    const image = await onlyOurs("pulling images", pull);
    if (image === undefined) throw new CommandError(`the daemon answered without the image ${name}`);
    if (values.bool("json")) return out(`${JSON.stringify(imageJson(image), undefined, 2)}\n`);
    out(`${image.name} ${image.digest} (${sizeText(image.sizeBytes)})\n`);
  },
};
