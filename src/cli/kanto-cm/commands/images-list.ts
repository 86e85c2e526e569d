/** `kanto-cm images list`: the images of the device, with who needs them. */

import { ImagesClient } from "../../../api/images-client.ts";
import { sizeText, spanText } from "../../human-text.ts";
import { textTable } from "../../text-table.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { imageJson } from "../image-json.ts";
import { onlyOurs } from "../only-ours.ts";

export const imagesListCommand: Command = {
  name: "images list",
  isOurs: true,
  usage: "images list",
  short: "List the images of the device.",
  long: "List the images of the device: digest, size, who needs them and for how long nobody has.",
  examples: ["images list", "images list --unused --quiet"],
  interspersed: true,
  maxArgs: 0,
  flags: [
    { name: "quiet", shorthand: "q", kind: "bool", fallback: "false", usage: "Names only, one a line." },
    { name: "unused", kind: "bool", fallback: "false", usage: "Only images that no container needs." },
    JSON_FLAG,
  ],
  async run({ values, connection, signal, out }) {
    const all = await onlyOurs("listing images", () => new ImagesClient(connection).list(signal));
    const images = all
      .filter(({ neededBy }) => neededBy === undefined || !values.bool("unused"))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (values.bool("json")) return out(`${JSON.stringify(images.map(imageJson), undefined, 2)}\n`);
    if (values.bool("quiet")) return out(images.map(({ name }) => `${name}\n`).join(""));
    if (images.length === 0) return out("No images found.\n");
    const rows = images.map(({ name, digest, sizeBytes, isUsable, neededBy, unusedMs }) => [
      name,
      digest.slice(0, 19),
      isUsable ? sizeText(sizeBytes) : "unusable",
      neededBy ?? `nobody for ${spanText(unusedMs)}`,
    ]);
    out(textTable([["IMAGE", "DIGEST", "SIZE", "NEEDED BY"], ...rows]));
  },
};
