/** `--filter` of `kanto-cm list` by what only our daemon can tell: health, origin, label by name or `name=value`. */

import { healthText } from "./details.ts";
import { same, type Test } from "./list-filters.ts";

export const DETAIL_TESTS: Readonly<Record<string, (value: string) => Test>> = {
  health:
    (value) =>
    ({ details }) =>
      details !== undefined && same(healthText(details) || "none", value),
  origin:
    (value) =>
    ({ details }) =>
      details !== undefined && same(details.origin, value),
  label: labelTest,
};

function labelTest(value: string): Test {
  const [name = "", ...rest] = value.split("=");
  return ({ details }) => {
    const labels = details?.labels ?? {};
    return Object.hasOwn(labels, name) && (rest.length === 0 || labels[name] === rest.join("="));
  };
}
