/** The command line of the auto deployer: the documented text, and the peer's answers to mistakes. */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { helpText, parseCommandLine } from "../../../src/cli/auto-deployer-options.ts";
import { startProgram } from "../deploy/support/program.ts";

const DOCUMENTS = join(import.meta.dir, "../../../../shared/documents");

function options(...argv: readonly string[]) {
  const commandLine = parseCommandLine(argv);
  if (commandLine.kind !== "run") throw new Error(`${commandLine.kind} for ${argv.join(" ")}`);
  return commandLine.options;
}

function mistake(...argv: readonly string[]): string {
  const commandLine = parseCommandLine(argv);
  return commandLine.kind === "mistake" ? commandLine.text : commandLine.kind;
}

describe("the usage text", () => {
  test("is the documented one, letter for letter, and ours comes after it", () => {
    const name = readdirSync(DOCUMENTS).find((one) => one.startsWith("000"));
    const document = readFileSync(join(DOCUMENTS, name ?? ""), "utf8");
    const begin = document.indexOf("kanto-auto-deployer 0.2.0");
    const documented = document.slice(begin, document.indexOf("```", begin)).trimEnd();
    expect(helpText("0.2.0")).toStartWith(`${documented}\n`);
  });

  test("comes with -h and --help on stdout, exit code 0", async () => {
    for (const flag of ["-h", "--help"]) {
      const program = startProgram([flag]);
      expect(await program.exitCode).toBe(0);
      expect(program.stdout()).toBe(helpText("9.8.7"));
      expect(program.log()).toBe("");
    }
  });

  test("-V and --version print name and version", async () => {
    for (const flag of ["-V", "--version"]) {
      const program = startProgram([flag]);
      expect(await program.exitCode).toBe(0);
      expect(program.stdout()).toBe("kanto-auto-deployer 9.8.7\n");
    }
  });
});

describe("values", () => {
  test("have the documented defaults", () => {
    expect(options()).toEqual({
      manifestsPath: ".",
      socketPath: "/run/container-management/container-management.sock",
      daemon: false,
      mqtt: false,
      broker: { host: "localhost", port: 1883, topic: "containersupdate/desiredstatefeedback" },
      stateDir: "/var/lib/kanto-auto-deployer",
      probationSeconds: undefined,
      stopTimeoutSeconds: 1,
      respectStopped: false,
      prune: false,
      show: "nothing",
      json: false,
    });
  });

  test("are taken in every spelling", () => {
    for (const argv of [["-s", "/x"], ["-s/x"], ["-s=/x"], ["--socket-cm", "/x"], ["--socket-cm=/x"]]) {
      expect(options(...argv).socketPath).toBe("/x");
    }
    expect(options("-ds", "/x", "folder")).toMatchObject({
      daemon: true,
      socketPath: "/x",
      manifestsPath: "folder",
    });
    expect(options("folder", "--daemon")).toMatchObject({ daemon: true, manifestsPath: "folder" });
    expect(options("--", "--daemon")).toMatchObject({ daemon: false, manifestsPath: "--daemon" });
    expect(options("--probation", "0", "--stop-timeout=5")).toMatchObject({
      probationSeconds: 0,
      stopTimeoutSeconds: 5,
    });
  });

  test("of the peer's mqtt options are accepted", () => {
    const argv = ["-d", "-m", "--mqtt-broker-host", "h", "--mqtt-broker-port", "1884", "--mqtt-topic", "t"];
    expect(options(...argv)).toMatchObject({ mqtt: true, broker: { host: "h", port: 1884, topic: "t" } });
  });
});

describe("mistakes", () => {
  test("an unknown flag and a second path are answered as by the peer, exit code 2 on stderr", async () => {
    for (const [argv, word] of [
      [["--nope"], "--nope"],
      [["a", "b"], "b"],
      [["-x"], "-x"],
    ] as const) {
      const program = startProgram(argv);
      expect(await program.exitCode).toBe(2);
      expect(program.stdout()).toBe("");
      const text = program.log();
      expect(text).toStartWith(
        `error: Found argument '${word}' which wasn't expected, or isn't valid in this context\n`,
      );
      expect(text).toContain("USAGE:\n    kanto-auto-deployer [OPTIONS] [MANIFESTS_PATH]\n");
      expect(text).toEndWith("For more information try --help\n");
    }
  });

  test("a port out of range is answered as by the peer", () => {
    expect(mistake("--mqtt-broker-port", "70000")).toStartWith(
      `error: Invalid value "70000" for '--mqtt-broker-port <PORT>': number too large to fit in target type\n`,
    );
    expect(mistake("--probation", "soon")).toContain("invalid digit found in string");
  });

  test("missing and repeated values are named", () => {
    expect(mistake("--socket-cm")).toContain(
      "The argument '--socket-cm <SOCKET_CM>' requires a value but none was supplied",
    );
    expect(mistake("-s", "--daemon")).toContain("requires a value");
    expect(mistake("-d", "-d")).toContain("was provided more than once");
    expect(mistake("--daemon=yes")).toContain("wasn't expecting any more values");
  });

  test("help given before them wins", () => {
    expect(parseCommandLine(["-h", "--nope"]).kind).toBe("help");
    expect(parseCommandLine(["--nope", "-h"]).kind).toBe("mistake");
  });
});
