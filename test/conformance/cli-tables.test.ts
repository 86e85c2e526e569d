/**
 * The peer's own cases for its command line, row by row as spec/cli.md §4 (integration) and §5 (unit) list them, here all
 * against a real daemon. A row's name is that of the table; what the peer only looks for in its output is held exactly.
 */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { until } from "../../scripts/demo/until.ts";
import { runProgram, startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";

const IMAGE = "localhost/test/tables:1";
const LIMIT_MS = 60_000;
const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const ID_LINE = new RegExp(`^${UUID}\\n$`);
/** Speaks a while, then stays until it is asked to go. */
const SPEAKER = [
  "sh",
  "-c",
  "trap 'echo got TERM; exit 0' TERM; trap 'echo got HUP; exit 0' HUP; for n in 1 2 3 4 5 6 7; do echo line $n; done; while :; do sleep 60 & wait $!; done",
];
const BOTH = "Container ID and --name (-n) cannot be provided at the same time - use only one of them";
const NEITHER = "You must provide either an ID or a name for the container via --name (-n) ";
const UNKNOWN_NAME = "The requested container with name = invalid was not found. Try using an ID instead.";

let device: TestDevice;
let folder: string;

beforeAll(async () => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "sc-tables-"));
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: { Cmd: SPEAKER } });
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

afterEach(async () => {
  const ids = (await cm("list", "--quiet")).stdout.trim();
  if (ids !== "") await good("remove", "-f", "-t", "1s", ...ids.split(" "));
}, LIMIT_MS);

/** `--host` stands first, as the peer's runner passes it. */
function cm(...words: string[]) {
  return runProgram("kanto-cm", ["--host", device.device.socket, ...words]);
}

async function good(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await cm(...words);
  expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: "" });
  return stdout;
}

/** Nothing on stdout, one line on stderr, exit code 1. */
async function refused(text: string, ...words: string[]): Promise<void> {
  expect({ words, ...(await cm(...words)) }).toEqual({
    words,
    code: 1,
    stdout: "",
    stderr: `Error: ${text}\n`,
  });
}

async function create(name: string, ...flags: string[]): Promise<string> {
  return (await good("create", "-n", name, ...flags, IMAGE)).trim();
}

async function running(name: string, ...flags: string[]): Promise<string> {
  const id = await create(name, ...flags);
  await good("start", "-n", name);
  const hasSpoken = async () => (await good("logs", "-n", name)).includes("line 7");
  await until(hasSpoken, `${name} has spoken`, 30_000);
  return id;
}

async function stopped(name: string): Promise<string> {
  const id = await running(name);
  await good("stop", "-s", "SIGKILL", "-n", name);
  return id;
}

/** What `get` says of a container that was made with these flags. */
async function made(...flags: string[]) {
  const id = (await good("create", ...flags, IMAGE)).trim();
  return JSON.parse(await good("get", id));
}

const SELECTING = ["get", "logs", "remove", "start", "stop", "update"];

describe("integration cases (spec/cli.md §4)", () => {
  test("list_without_containers", async () => {
    expect(await good("list")).toBe("No containers found.\n");
    expect(await good("list", "--quiet")).toBe("");
  });

  for (const command of ["create", "get", "list", "logs", "remove", "start", "stop", "sysinfo", "update"]) {
    test(`${command}_help`, async () => {
      const text = await good(command, "-h");
      expect(text).toMatch(new RegExp(`\\n\\nUsage:\\n  kanto-cm ${command}[^\\n]*\\n\\nExamples:\\n`));
      expect(text).toContain("\nGlobal Flags:\n      --debug ");
    });
  }

  test("create_with_no_parameters", () => refused("container image argument is expected", "create"));

  test("create_influxdb_container", async () => {
    expect(await good("create", "-n", "made", IMAGE)).toMatch(ID_LINE);
  });

  test("create_invalid_container", async () => {
    const text = 'rpc error: code = Unknown desc = failed to resolve reference "invalid": object required';
    const { code, stdout, stderr } = await cm("create", "invalid");
    const [first, advice, ...more] = stderr.split("\n");
    expect({ code, stdout, first, more }).toEqual({
      code: 1,
      stdout: "",
      first: `Error: ${text}`,
      more: [""],
    });
    // What to do stands in a line of its own behind the peer's.
    expect(advice).toContain("host[:port]/path:tag");
  });

  test("create_container_from_file", async () => {
    const file = join(folder, "container.json");
    writeFileSync(file, JSON.stringify({ container_name: "from-file", image: { name: IMAGE } }));
    expect(await good("create", "--file", file)).toMatch(ID_LINE);
    expect(JSON.parse(await good("get", "-n", "from-file")).host_config.network_mode).toBe("bridge");
  });

  test("create_container_from_file_with_flags", async () => {
    const file = join(folder, "container.json");
    const said = "are expected when creating a container from file";
    await refused(`no arguments ${said}`, "create", "--file", file, "--privileged", "true");
    await refused(`no other flags ${said}`, "create", "--file", file, "--privileged");
    await refused(`open ${folder}/none: no such file or directory`, "create", "-f", `${folder}/none`);
  });

  test("<command>_no_args, <command>_invalid_id, <command>_invalid_name", async () => {
    for (const command of SELECTING) {
      await refused(NEITHER, command);
      await refused("The requested container with ID = invalid was not found.", command, "invalid");
      await refused(UNKNOWN_NAME, command, "-n", "invalid");
      await refused(BOTH, command, "-n", "invalid", "invalid");
    }
  });

  test("get_container", async () => {
    const id = await create("got");
    expect(JSON.parse(await good("get", "-n", "got"))).toMatchObject({
      container_id: id,
      container_name: "got",
      image: { name: IMAGE },
      state: { status: 1 },
    });
  });

  test("get_container_extra_capabilities", async () => {
    const { host_config } = await made("--cap-add", "CAP_NET_ADMIN");
    expect(host_config.extra_capabilities).toEqual(["CAP_NET_ADMIN"]);
  });

  test("list_all_containers", async () => {
    const row = (id: string, name: string, status: string, end: string) =>
      `${id} \t|${name.padEnd(37)}\t|${IMAGE.padEnd(60)}\t|${status.padEnd(10)}\t|${end}`;
    const never = `${" ".repeat(32)}|0         \t|`;
    const ids = [await running("one"), await stopped("two"), await create("three")];
    const lines = (await good("list")).split("\n");
    const at = (name: string) => lines.find((line) => line.split("|")[1]?.trim() === name) ?? "";
    expect(lines.slice(0, 3)).toEqual([
      "",
      `${"ID".padEnd(37)}\t|${"Name".padEnd(37)}\t|${"Image".padEnd(60)}\t|Status    \t|${"Finished At".padEnd(32)}|Exit Code \t|`,
      `${"-".repeat(37)}\t|${"-".repeat(37)}\t|${"-".repeat(60)}\t|----------\t|${"-".repeat(30)}  |----------\t|`,
    ]);
    expect(lines).toHaveLength(8);
    expect(lines.slice(6)).toEqual(["", ""]);
    expect(at("one")).toBe(row(ids[0] ?? "", "one", "Running", never));
    expect(at("three")).toBe(row(ids[2] ?? "", "three", "Created", never));
    const [head, stamp = "", rest] = at("two").split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z *)/);
    expect(head).toBe(row(ids[1] ?? "", "two", "Stopped", ""));
    expect(stamp).toHaveLength(32);
    expect(rest).toBe("|137       \t|");
  });

  test("list_containers_with_quiet, remove_multiple_containers", async () => {
    await create("one");
    await create("two");
    const ids = await good("list", "--quiet");
    expect(ids).toMatch(new RegExp(`^${UUID} ${UUID}\\n$`));
    expect(await good("remove", ...ids.trim().split(" "))).toBe("");
    expect(await good("list")).toBe("No containers found.\n");
  });

  test("list_containers_with_filter, list_existing_container, list_not_existing_container", async () => {
    await create("one");
    await stopped("two");
    const rows = (text: string) =>
      text
        .split("\n")
        .slice(3)
        .filter((line) => line !== "")
        .map((line) => [line.split("|")[1]?.trim(), line.split("|")[3]?.trim()]);
    expect(rows(await good("list", "--filter", "status=created"))).toEqual([["one", "Created"]]);
    expect(rows(await good("list", "--filter", `image=${IMAGE.toUpperCase()},exitcode=137`))).toEqual([
      ["two", "Stopped"],
    ]);
    expect(rows(await good("list", "--filter", "exitcode=-1"))).toHaveLength(2);
    expect(rows(await good("list", "-n", "two"))).toEqual([["two", "Stopped"]]);
    expect(await good("list", "-n", "invalid")).toBe("No containers found.\n");
  });

  test("list_invalid_arg", () => refused('unknown command "invalid" for "kanto-cm list"', "list", "invalid"));

  test("logs_of_container_with_state_created", async () => {
    await create("made");
    await refused(
      'rpc error: code = Unknown desc = there are no logs for container with status "Created"',
      "logs",
      "-n",
      "made",
    );
  });

  test("logs_of_container_with_state_running, _stopped", async () => {
    await running("speaker");
    const logged = async (...words: string[]) =>
      (await good("logs", "-n", "speaker", ...words))
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line).log);
    const last = ["line 3\n", "line 4\n", "line 5\n", "line 6\n", "line 7\n"];
    expect(await logged("-t", "5")).toEqual(last);
    await good("stop", "-s", "SIGKILL", "-n", "speaker");
    expect(await logged()).toEqual(["line 1\n", "line 2\n", ...last]);
    expect(await logged("-t", "0")).toEqual([]);
    expect(await logged("-t", "-1")).toHaveLength(7);
  });

  test("remove_container_with_state_created, _running", async () => {
    await create("one");
    expect(await good("remove", "-n", "one")).toBe("");
    const id = await running("two");
    await refused(
      `rpc error: code = Unknown desc = container with id = ${id} is not stopped - must set the force flag to true to remove it`,
      "remove",
      "-n",
      "two",
    );
  });

  test("start_container_with_state_created, _running", async () => {
    const id = await create("one");
    expect(await good("start", "-n", "one")).toBe("");
    await refused(
      `the container with ID = ${id} is already running - cannot start it again`,
      "start",
      "-n",
      "one",
    );
  });

  test("stop_container_with_state_running, _created, _stopped", async () => {
    const id = await create("one");
    const not = (state: string) =>
      refused(
        `rpc error: code = Unknown desc = cannot perform stop operation for container: ${id}, with state: ${state}`,
        "stop",
        "-n",
        "one",
      );
    await not("Created");
    await good("start", "-n", "one");
    expect(await good("stop", "-s", "SIGKILL", "-n", "one")).toBe("");
    await not("Stopped");
  });

  test("sysinfo", async () => {
    const { version } = packageJson;
    expect(await good("sysinfo")).toBe(
      `Engine v${version}, API v1.0.0, (build unknown unknown) \nCLI v${version}, API v1.0.0, (build unknown unknown) \n`,
    );
  });

  test("update_container_with_state_created, _running, _stopped", async () => {
    await create("one");
    for (const next of [["start"], ["stop", "-s", "SIGKILL"], undefined]) {
      expect(await good("update", "-n", "one", "--rp", "no")).toBe("");
      if (next !== undefined) await good(...next, "-n", "one");
    }
  });
});

const PORT_FAULTS = [
  ["80", "Incorrect port mapping configuration"],
  ["1.2.3.4:1:2:3", "Incorrect port mapping configuration"],
  ["80:x", "Incorrect container port mapping configuration"],
  ["80-x:80", "Incorrect host range port mapping configuration"],
  ["x:80", "Incorrect host port mapping configuration"],
  ["bad:80:80", "Incorrect host ip port mapping configuration"],
] as const;

describe("unit cases (spec/cli.md §5)", () => {
  test("create --devices", async () => {
    const { host_config } = await made("--devices=/dev/null:/dev/b:rwm, /dev/zero:/dev/c");
    expect(host_config.devices).toEqual([
      { path_on_host: "/dev/null", path_in_container: "/dev/b", cgroup_permissions: "rwm" },
      { path_on_host: "/dev/zero", path_in_container: "/dev/c", cgroup_permissions: "rwm" },
    ]);
    for (const wrong of ["/a", "/a:/b:r:w"]) {
      await refused(
        `incorrect configuration value for device mapping ${wrong}`,
        "create",
        `--devices=${wrong}`,
        IMAGE,
      );
    }
    for (const wrong of ["/a:/b:rwmr", "/a:/b:x"]) {
      await refused(
        `incorrect cgroup permissions format for device mapping ${wrong}`,
        "create",
        `--devices=${wrong}`,
        IMAGE,
      );
    }
    const and = (what: string) =>
      `cannot create the container as privileged and with ${what} at the same time - choose one of the options`;
    await refused(and("specified devices"), "create", "--privileged", "--devices=/a:/b", IMAGE);
    await refused(and("extra capabilities"), "create", "--privileged", "--cap-add=CAP_X", IMAGE);
  });

  test("create --mp", async () => {
    const { mount_points } = await made("--mp=/tmp:/b", "--mp=/tmp:/c:rslave");
    expect(mount_points).toMatchObject([
      { source: "/tmp", destination: "/b", propagation_mode: "rprivate" },
      { source: "/tmp", destination: "/c", propagation_mode: "rslave" },
    ]);
    for (const wrong of ["/a", "a:b:c:d"]) {
      await refused(
        `Incorrect number of parameters of the mount point ${wrong}`,
        "create",
        `--mp=${wrong}`,
        IMAGE,
      );
    }
  });

  test("create --ports", async () => {
    const { host_config } = await made("--ports=80:80,5000-6000:80", "--ports=80:81/udp");
    const port = (host_port: number, host_port_end: number, container_port: number, proto: string) => ({
      ...{ proto, container_port, host_ip: "0.0.0.0", host_port, host_port_end },
    });
    expect(host_config.port_mappings).toEqual([
      port(80, 80, 80, "tcp"),
      port(5000, 6000, 80, "tcp"),
      port(80, 80, 81, "udp"),
    ]);
    const ranged = await made("--ports=1.2.3.4:80-100:80/udp");
    expect(ranged.host_config.port_mappings).toEqual([{ ...port(80, 100, 80, "udp"), host_ip: "1.2.3.4" }]);
    for (const [wrong, text] of PORT_FAULTS)
      await refused(`${text} ${wrong}`, "create", `--ports=${wrong}`, IMAGE);
  });

  test("create --e", async () => {
    for (const wrong of ["1VAR=1", "$VAR=1", "V@R=1"]) {
      await refused(
        `invalid environmental variable declaration provided : ${wrong}`,
        "create",
        `--e=${wrong}`,
        IMAGE,
      );
    }
    const { config } = await made("--e=VAR=a,b", "--e=EMPTY=");
    expect(config.env).toEqual(["VAR=a,b", "EMPTY="]);
  });

  test("create --rp", async () => {
    const policy = async (...flags: string[]) => (await made(...flags)).host_config.restart_policy;
    const limits = ["--rp-cnt=3", "--rp-to=5"];
    expect(await policy("--rp=on-failure", ...limits)).toEqual({
      maximum_retry_count: 3,
      retry_timeout: 5_000_000_000,
      type: "on-failure",
    });
    expect(await policy("--rp=always", ...limits)).toEqual({
      maximum_retry_count: 0,
      retry_timeout: 0,
      type: "always",
    });
    expect((await policy("--rp=sometimes")).type).toBe("unless-stopped");
  });

  test("create --name, --network, --hosts", async () => {
    for (const wrong of ["test-name/", "-test-name"])
      await refused(`invalid container name format : ${wrong}`, "create", `--name=${wrong}`, IMAGE);
    await refused("unsupported network mode custom", "create", "--network=custom", IMAGE);
    for (const key of ["host_ip", "host_ip_if"]) {
      await refused(
        "cannot use the host_ip reserved key or any of its modifications when in host network mode",
        ...["create", "--network=host", `--hosts=x:${key}`, IMAGE],
      );
    }
  });

  test("create --log-mode, --log-driver", async () => {
    const config = async (...flags: string[]) => (await made(...flags)).host_config.log_config;
    expect((await config("--log-mode=blocking", "--log-max-buffer-size=5M")).mode_config).toEqual({
      mode: "blocking",
    });
    expect((await config("--log-mode=non-blocking", "--log-max-buffer-size=5M")).mode_config).toEqual({
      mode: "non-blocking",
      max_buffer_size: "5M",
    });
    expect((await config("--log-driver=none", "--log-max-files=5")).driver_config).toEqual({ type: "none" });
  });

  test("list --filter", async () => {
    await refused("no filter: test", "list", "--filter", "test=x");
    await refused('strconv.Atoi: parsing "x": invalid syntax', "list", "--filter", "exitcode=x");
  });

  test("stop --time, --signal", async () => {
    await running("one", "--rp=no");
    const stop = (...words: string[]) => ["stop", "-n", "one", ...words];
    await refused("the timeout = -10 shouldn't be negative", ...stop("--time=-10s"));
    await refused('time: missing unit in duration "1"', ...stop("--time=1"));
    await refused('time: invalid duration "x"', ...stop("--time=x"));
    for (const signal of ["-10", "0", "KILL"]) {
      await refused(`invalid signal = ${signal}`, ...stop(`--signal=${signal}`));
    }
    expect(await good(...stop("--signal=1"))).toBe("");
    expect(await good("logs", "-n", "one", "-t", "1")).toContain("got HUP");
    await good("start", "-n", "one");
    expect(await good(...stop("--signal", "SIGKILL"))).toBe("");
    expect(JSON.parse(await good("get", "-n", "one")).state.exit_code).toBe(137);
  });

  test("remove --force --time; remove id1(ok) id2(unknown)", async () => {
    const id = await running("one");
    await refused('time: invalid duration "x"', "remove", "--force", "--time=x", id);
    expect(await good("remove", "--force", "--time=20s", id)).toBe("");
    const other = await create("two");
    const not = (word: string) => `The requested container with ID = ${word} was not found.`;
    await refused(not("x"), "remove", other, "x");
    await refused(
      `containers couldn't be removed due to the following reasons: \n\n* ${not("x")}\n* ${not("y")}`,
      ...["remove", "x", "y"],
    );
    expect(await good("list")).toBe("No containers found.\n");
  });

  test("rename: another name, the same, a wrong one, and in both forms", async () => {
    const id = await create("one");
    expect(await good("rename", id, "two")).toBe("");
    expect(await good("rename", "-n", "two", "three")).toBe("");
    expect(JSON.parse(await good("get", id))).toMatchObject({
      container_name: "three",
      host_name: "one-host",
      domain_name: "one-domain",
    });
    await refused("the new name = three shouldn't be the same", "rename", id, "three");
    await refused("invalid container name format : -x", "rename", "--", "invalid", "-x");
    await refused(NEITHER, "rename");
    await refused("accepts at most 2 arg(s), received 3", "rename", "a", "b", "c");
  });

  test("start --a --i without a terminal", async () => {
    await create("tty", "--t", "--i");
    await refused("the input device is not a TTY", "start", "-n", "tty", "--a", "--i");
  });

  test("update: merging, taking away, refusing (spec/cli.md, update)", async () => {
    await create("one", "--memory=64m", "--rp=on-failure", "--rp-cnt=3", "--rp-to=5");
    const config = async () => JSON.parse(await good("get", "-n", "one")).host_config;
    await refused(
      "cannot use max retry count when the restart policy is always",
      ...["update", "-n", "one", "--rp=always", "--rp-cnt=2"],
    );
    await refused("unsupported restart policy type x", "update", "-n", "one", "--rp=x");
    await refused("swap memory - 128m, memory must be set as well", "update", "-n", "one", "--memory=-1");
    await refused(
      "swap memory - 128m is less than memory - 200m",
      ...["update", "-n", "one", "--memory=200m"],
    );
    await good("update", "-n", "one", "--rp-cnt=7");
    expect((await config()).restart_policy).toEqual({
      ...{ maximum_retry_count: 7, retry_timeout: 5_000_000_000, type: "on-failure" },
    });
    await good("update", "-n", "one", "--memory=-1", "--memory-swap=-1");
    expect((await config()).resources).toBeNull();
    expect(await good("update", "-n", "one")).toBe("");
  });
});
