/** Log lines and filter of the auto deployer, as Rust's env_logger has them. */

import { describe, expect, test } from "bun:test";
import type { LogLevel, LogRecord } from "../../../src/base/log.ts";
import { createEnvLogger, formatLine, parseLogFilter, passes } from "../../../src/cli/auto-deployer-log.ts";

function record(level: LogLevel, module = "kanto_auto_deployer", message = "text"): LogRecord {
  return { level, module, message, fields: {} };
}

const PARSER = "kanto_auto_deployer::manifest_parser";

describe("the filter", () => {
  const ROWS: readonly (readonly [string | undefined, readonly (readonly [LogLevel, string, boolean])[]])[] =
    [
      [
        undefined,
        [
          ["INFO", PARSER, true],
          ["DEBUG", PARSER, false],
        ],
      ],
      [
        "debug",
        [
          ["DEBUG", PARSER, true],
          ["TRACE", PARSER, false],
        ],
      ],
      ["DEBUG", [["DEBUG", PARSER, true]]],
      ["off", [["ERROR", PARSER, false]]],
      [
        "",
        [
          ["ERROR", PARSER, true],
          ["WARN", PARSER, false],
        ],
      ],
      [
        "kanto_auto_deployer=debug",
        [
          ["DEBUG", PARSER, true],
          ["ERROR", "h2", false],
        ],
      ],
      [
        "kanto_auto_deployer",
        [
          ["TRACE", PARSER, true],
          ["ERROR", "h2", false],
        ],
      ],
      [
        `warn,${PARSER}=trace`,
        [
          ["TRACE", PARSER, true],
          ["INFO", "kanto_auto_deployer", false],
        ],
      ],
      [
        `info,${PARSER}=off`,
        [
          ["ERROR", PARSER, false],
          ["INFO", "kanto_auto_deployer", true],
        ],
      ],
      ["info/te", [["INFO", PARSER, true]]],
      ["info/other", [["INFO", PARSER, false]]],
    ];
  for (const [setting, expected] of ROWS) {
    test(`RUST_LOG ${setting === undefined ? "unset" : JSON.stringify(setting)}`, () => {
      for (const [level, module, isShown] of expected) {
        expect(`${level} ${module} ${passes(parseLogFilter(setting), record(level, module))}`).toBe(
          `${level} ${module} ${isShown}`,
        );
      }
    });
  }

  test("what cannot be understood is named and left out", () => {
    const written: string[] = [];
    createEnvLogger({
      environment: { RUST_LOG: "a=loud,info" },
      isTerminal: false,
      stamp: () => "",
      write: (text) => written.push(text),
    });
    expect(written).toEqual(["warning: invalid logging spec 'a=loud', ignoring it\n"]);
  });
});

describe("a line", () => {
  const stamp = "2023-04-18T10:27:21.123456789Z";

  test("has whole seconds, a padded level, the module and the text", () => {
    expect(formatLine(record("INFO"), stamp, false)).toBe(
      "[2023-04-18T10:27:21Z INFO  kanto_auto_deployer] text\n",
    );
    expect(formatLine(record("ERROR"), stamp, false)).toBe(
      "[2023-04-18T10:27:21Z ERROR kanto_auto_deployer] text\n",
    );
  });

  test("indents later lines of a text by four blanks", () => {
    expect(formatLine(record("INFO", "m", "a\nb\nc"), stamp, false)).toEndWith("] a\n    b\n    c\n");
  });

  test("has colours on a terminal or when asked for, and none when refused", () => {
    const shown = (isTerminal: boolean, style?: string) => {
      const written: string[] = [];
      const environment = style === undefined ? {} : { RUST_LOG_STYLE: style };
      createEnvLogger({ environment, isTerminal, stamp: () => stamp, write: (text) => written.push(text) })(
        record("WARN"),
      );
      return written.join("").includes("\u001b[33mWARN ");
    };
    expect([
      shown(true),
      shown(false),
      shown(false, "always"),
      shown(true, "never"),
      shown(true, "auto"),
    ]).toEqual([true, false, true, false, true]);
  });
});
