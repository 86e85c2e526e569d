/** Who asks for a new container, noted with it by our daemon: `cli`, `folder` ... A header, because the peer's message has no place. */

export const ORIGIN_HEADER = "supercargo-origin";
