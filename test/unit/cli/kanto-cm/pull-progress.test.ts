/** How a pull is shown: bars with rate and rest time in place on a terminal, plain lines elsewhere. */

import { expect, test } from "bun:test";
import { PullBars, PullLines, PullState } from "../../../../src/cli/kanto-cm/pull-progress.ts";
import { RepaintedBlock } from "../../../../src/cli/repainted-block.ts";
import type { PullProgress } from "../../../../src/images/images.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

function progress(phase: PullProgress["phase"], receivedBytes = 0, layerDigest = DIGEST): PullProgress {
  return { image: "x", layerDigest, receivedBytes, totalBytes: 4_000_000, phase };
}

test("rate and rest time count what came since the layer's first byte of this pull, not what was there before", () => {
  const state = new PullState();
  state.take(progress("waiting"), 0);
  expect(state.lines(0)).toEqual(["abababababab  waiting  "]);
  state.take(progress("fetching", 2_000_000), 1000);
  expect(state.lines(1100)).toEqual(["abababababab  fetching   [============            ]  2.0 MB / 4.0 MB"]);
  state.take(progress("fetching", 3_000_000), 2000);
  expect(state.lines(2000)).toEqual([
    "abababababab  fetching   [==================      ]  3.0 MB / 4.0 MB  1.0 MB/s  1s left",
  ]);
  state.take(progress("unpacking", 4_000_000), 3000);
  expect(state.lines(3000)[0]).toContain(`unpacking  [${"=".repeat(24)}]  4.0 MB`);
});

test("bars are painted in place at each new phase, and else at most ten times a second", () => {
  let text = "";
  let nowMs = 0;
  const screen = {
    write: (more: string) => {
      text += more;
    },
    size: () => ({ columns: 80, rows: 24 }),
  };
  {
    using bars = new PullBars(screen, () => nowMs);
    bars.show(progress("fetching", 1));
    for (nowMs = 1; nowMs < 100; nowMs++) bars.show(progress("fetching", nowMs));
    expect(text.match(/fetching/g)).toHaveLength(1);
    nowMs = 100;
    bars.show(progress("fetching", 100));
    expect(text.match(/fetching/g)).toHaveLength(2);
    bars.show(progress("done", 4_000_000));
  }
  expect(text).toStartWith("\u001b[?25l");
  expect(text).toContain("\u001b[1A\r\u001b[J");
  expect(text).toEndWith("\u001b[?25h");
});

test("without a terminal there is one line when a layer begins something new, and no control character", () => {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  using lines = new PullLines(write, () => 0);
  for (const phase of ["waiting", "fetching", "fetching", "unpacking", "done"] as const)
    lines.show(progress(phase));
  expect(text).toBe(
    "abababababab fetching (4.0 MB)\nabababababab unpacking (4.0 MB)\nabababababab done (4.0 MB)\n",
  );
});

test("a block never grows over the screen: long lines are cut, surplus ones counted", () => {
  let text = "";
  const screen = {
    write: (more: string) => {
      text += more;
    },
    size: () => ({ columns: 10, rows: 4 }),
  };
  using block = new RepaintedBlock(screen);
  text = "";
  block.paint(["a line that is too long", "2", "3", "4", "5"]);
  expect(text).toBe("\r\u001b[Ja line tha\n2\n... and 3 \n");
  text = "";
  block.paint(["1"]);
  expect(text).toBe("\u001b[3A\r\u001b[J1\n");
});
