/**
 * MQTT.js in the executable: a file of its own that is compiled when it is needed (scripts/project/build.mjs). As a part of
 * the program it would bring 2 MiB of bytecode along, most of it for modules of node that nothing else needs.
 */

import path from "../../dist/parts/mqtt-library.js" with { type: "file" };

const library: typeof import("./library.ts") = await import(path);

export const { connect } = library;
