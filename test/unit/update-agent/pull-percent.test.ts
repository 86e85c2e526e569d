/** Percent of a pull of several layers. */

import { expect, test } from "bun:test";
import { PullPercent } from "../../../src/update-agent/pull-percent.ts";

const of = (layerDigest: string, receivedBytes: number, totalBytes: number, phase = "fetching" as const) => ({
  image: "app:1",
  layerDigest,
  receivedBytes,
  totalBytes,
  phase,
});

test("counts bytes of all layers, and makes no step back when another one becomes known", () => {
  const percent = new PullPercent();
  expect(percent.after(of("a", 50, 100))).toBe(50);
  expect(percent.after(of("b", 0, 300))).toBe(50);
  expect(percent.after(of("b", 150, 300))).toBe(50);
  expect(percent.after({ ...of("a", 0, 100), phase: "unpacking" })).toBe(62);
  expect(percent.after({ ...of("b", 0, 300), phase: "done" })).toBe(100);
});

test("a layer of unknown size is no part of it", () => {
  const percent = new PullPercent();
  expect(percent.after(of("a", 50, 0))).toBe(0);
  expect(percent.after(of("b", 10, 20))).toBe(50);
});
