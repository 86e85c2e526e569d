/** `kanto-cm images export`: writes an image into an archive on the device. */

import { resolve } from "node:path";
import { ImagesClient } from "../../../api/images-client.ts";
import { sizeText } from "../../human-text.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { onlyOurs } from "../only-ours.ts";

export const imagesExportCommand: Command = {
  name: "images export",
  isOurs: true,
  usage: "images export <image> <archive>",
  short: "Write an image into an archive.",
  long: "Write an image into an archive on the device (OCI form, which docker can load, too). It is there when it is whole.",
  examples: ["images export docker.io/library/redis:7 /media/usb/redis.tar"],
  interspersed: true,
  minArgs: 2,
  maxArgs: 2,
  completes: "image",
  flags: [JSON_FLAG],
  async run({ values, args, connection, signal, out }) {
    const [name = "", file = ""] = args;
    const path = resolve(file);
    const sizeBytes = await onlyOurs("exporting images", () =>
      new ImagesClient(connection).exportArchive(name, path, signal),
    );
    if (values.bool("json")) return out(`${JSON.stringify({ name, path, size_bytes: sizeBytes })}\n`);
    out(`${path} (${sizeText(sizeBytes)})\n`);
  },
};
