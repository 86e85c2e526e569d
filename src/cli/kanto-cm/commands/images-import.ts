/** `kanto-cm images import`: takes the images of an archive that lies on the device. */

import { resolve } from "node:path";
import { ImagesClient } from "../../../api/images-client.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { imageJson } from "../image-json.ts";
import { onlyOurs } from "../only-ours.ts";

export const imagesImportCommand: Command = {
  name: "images import",
  isOurs: true,
  usage: "images import <archive>",
  short: "Take the images of an archive.",
  long: "Take the images of an archive on the device: OCI or docker form, tar, also with gzip or zstd.",
  examples: [
    "images import /media/usb/redis.tar",
    "images import --name docker.io/library/redis:7 redis.tar",
  ],
  interspersed: true,
  minArgs: 1,
  maxArgs: 1,
  flags: [
    {
      name: "name",
      shorthand: "n",
      kind: "string",
      fallback: "",
      usage: "Name for the image instead of its own.",
    },
    JSON_FLAG,
  ],
  async run({ values, args, connection, signal, out }) {
    // The daemon opens it, and stands in another folder.
    const path = resolve(args[0] ?? "");
    const images = await onlyOurs("importing images", () =>
      new ImagesClient(connection).importArchive(path, values.text("name"), signal),
    );
    if (values.bool("json")) return out(`${JSON.stringify(images.map(imageJson), undefined, 2)}\n`);
    out(images.map(({ name }) => `${name}\n`).join(""));
  },
};
