// npm run soak: the long forms of the tests that npm test runs short (docs/reliability.md). Arguments choose runs by a part of their name. Bounded, ends by itself.
import { spawnSync } from "node:child_process";
import { build } from "./project/build.mjs";
import { BUN, ROOT, runScript, SetupProblem, setUp } from "./project/setup.mjs";

const RUNS = [
  {
    name: "gRPC: 200,000 mutations, 10,000 connections",
    file: "./test/fuzz/grpc.test.ts",
    env: { FUZZ_GRPC_MUTATIONS: "200000", FUZZ_GRPC_CONNECTIONS: "10000", FUZZ_GRPC_P99_MS: "50" },
  },
  {
    name: "manifests: 1,000,000 mutations",
    file: "./test/fuzz/manifest.test.ts",
    env: { FUZZ_MANIFESTS: "1000000" },
  },
  {
    name: "R9 update agent: 1,000,000 mutated messages",
    file: "./test/fuzz/update-agent.test.ts",
    env: { FUZZ_MESSAGES: "1000000" },
  },
  {
    name: "R2 kill -9 at every journal step of an update: 10 rounds",
    file: "./test/integration/update-agent-crash.test.ts",
    env: { SUPERCARGO_UPDATE_ROUNDS: "10" },
    isolated: true,
  },
  {
    name: "R9 twin: 1,000,000 mutated messages",
    file: "./test/fuzz/twin.test.ts",
    env: { FUZZ_TWIN: "1000000" },
  },
  {
    name: "R12 twin in memory: 1,000 changes without a broker, 500 reconnects",
    file: "./test/unit/twin/truth.test.ts",
    env: { SUPERCARGO_TWIN_CYCLES: "500" },
  },
  {
    name: "R12 twin: broker killed 50 times under load",
    file: "./test/integration/twin.test.ts",
    env: { SUPERCARGO_TWIN_KILLS: "50" },
    isolated: true,
  },
  {
    name: "R1 kill -9: 200 rounds",
    file: "./test/integration/crash.test.ts",
    env: { SUPERCARGO_CRASH_ROUNDS: "200" },
    isolated: true,
  },
  {
    name: "the folder is what runs: 500 rounds of kills of daemon, deployer and registry",
    file: "./test/integration/folder-truth.test.ts",
    env: { SUPERCARGO_FOLDER_ROUNDS: "500" },
    isolated: true,
  },
  {
    name: "the folder is what runs, by Kanto's rpcs alone: 300 rounds of kills of daemon, deployer and registry",
    file: "./test/integration/folder-truth.test.ts",
    env: { SUPERCARGO_FOLDER_ROUNDS: "300", SUPERCARGO_FOLDER_AGAINST: "kanto" },
    isolated: true,
  },
  {
    name: "the folder is what runs, in memory: 4,000 stories of kills of deployer and daemon",
    file: "./test/unit/deploy/folder/truth.test.ts",
    env: { SUPERCARGO_TRUTH_SEEDS: "4000" },
  },
  {
    name: "R4 containerd killed 20 times with 20 containers",
    file: "./test/integration/containerd-restart.test.ts",
    env: { SUPERCARGO_RESTART_CONTAINERS: "20", SUPERCARGO_RESTART_KILLS: "20" },
    isolated: true,
  },
  {
    name: "the package on a Debian made by debootstrap, with a real systemd",
    file: "./test/integration/package-device.test.ts",
    env: { SUPERCARGO_CLEAN_ROOT: "debootstrap" },
    isolated: true,
  },
  {
    name: "every test file that starts a daemon, with the daemon under the shipped unit by a real systemd",
    script: "./test/integration/support/under-unit.ts",
    isolated: true,
  },
  {
    name: "R17 random requests: 8 clients without rest, 2 minutes",
    file: "./test/integration/random-operations.test.ts",
    env: { SUPERCARGO_RANDOM_SECONDS: "120", SUPERCARGO_RANDOM_REST_MS: "0" },
    isolated: true,
  },
  {
    name: "R17 random requests: 50 clients on 10 names, 20 s",
    file: "./test/integration/random-operations.test.ts",
    env: {
      SUPERCARGO_RANDOM_CLIENTS: "50",
      SUPERCARGO_RANDOM_NAMES: "10",
      SUPERCARGO_RANDOM_SECONDS: "20",
      SUPERCARGO_RANDOM_REST_MS: "0",
    },
    isolated: true,
  },
  {
    name: "R17 the manager in memory: 1,000 seeds of requests, faults, kills and power cuts",
    file: "./test/unit/manager/random.test.ts",
    env: { SUPERCARGO_RANDOM_SEEDS: "1000" },
  },
  {
    name: "R2 killed at every named place, three times at least",
    file: "./test/unit/manager/kills.test.ts",
    env: { SUPERCARGO_KILLS_TWICE: "1" },
  },
  {
    name: "R3 a fault at every call",
    file: "./test/unit/manager/faults.test.ts",
    env: {},
  },
  {
    name: "R5 20 containers over 10 power cuts",
    file: "./test/integration/reboot.test.ts",
    env: { SUPERCARGO_REBOOT_CONTAINERS: "20", SUPERCARGO_REBOOTS: "10" },
    isolated: true,
  },
  {
    name: "R6 partitions of state and of images full at 10 moments each",
    file: "./test/integration/full-disk.test.ts",
    env: { SUPERCARGO_FULL_MOMENTS: "10" },
    isolated: true,
  },
  {
    name: "R7 the power goes at every change of the disk",
    file: "./test/unit/manager/power-loss.test.ts",
    env: {},
  },
  {
    name: "R14 the clock is set 100 times",
    file: "./test/integration/clock-jumps.test.ts",
    env: { SUPERCARGO_CLOCK_STEPS: "97" },
    isolated: true,
  },
  {
    name: "R15 20 crash loops for an hour",
    file: "./test/integration/crash-loops.test.ts",
    env: {
      SUPERCARGO_LOOPS_CONTAINERS: "20",
      SUPERCARGO_LOOPS_SECONDS: "3600",
      SUPERCARGO_LOOPS_CAP_SECONDS: "0",
    },
    isolated: true,
  },
  {
    name: "R18 a second run over every sample has nothing to do",
    file: "./test/unit/deploy/folder/deployment.test.ts",
    env: {},
  },
  {
    name: "R20 daemon ended and started 30 times, in order and not",
    file: "./test/integration/daemon-restarts.test.ts",
    env: { SUPERCARGO_DAEMON_RESTARTS: "30", SUPERCARGO_DAEMON_CONTAINERS: "20" },
    isolated: true,
  },
  {
    name: "R23 a line of 100 MB, floods for a minute, 200 containers, 1,000 manifests, a manifest of 100 MB",
    file: "./test/integration/caps.test.ts",
    env: {
      SUPERCARGO_CAPS_LINE_MB: "100",
      SUPERCARGO_CAPS_FLOOD_SECONDS: "60",
      SUPERCARGO_CAPS_CONTAINERS: "200",
      SUPERCARGO_CAPS_MANIFESTS: "1000",
      SUPERCARGO_CAPS_MANIFEST_MB: "100",
    },
    isolated: true,
  },
  {
    name: "R24 what other hands delete in the engine, 10 times",
    file: "./test/integration/foreign-actors.test.ts",
    env: {},
    isolated: true,
    times: 10,
  },
  {
    name: "R24 what other hands do to the network, 10 times",
    file: "./test/integration/network-drift.test.ts",
    env: {},
    isolated: true,
    times: 10,
  },
];
const TEST_LIMIT_MS = 3 * 3600 * 1000;

/** A run that is to be done several times is that many runs. */
function repeated(run) {
  const times = run.times ?? 1;
  return Array.from({ length: times }, (_, index) => ({
    ...run,
    name: times === 1 ? run.name : `${run.name} (${index + 1} of ${times})`,
  }));
}

await runScript(async () => {
  const wanted = process.argv.slice(2);
  const runs = RUNS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  if (runs.length === 0)
    throw new SetupProblem(
      `No run has ${wanted.join(" or ")} in its name. There are:\n${RUNS.map(({ name }) => `  ${name}`).join("\n")}`,
    );
  setUp("test");
  build();
  const failed = [];
  for (const { name, file, script, env, isolated } of runs.flatMap(repeated)) {
    console.log(`\n== ${name}`);
    const runner = script === undefined ? [BUN, "test", file, `--timeout=${TEST_LIMIT_MS}`] : [BUN, script];
    const command = isolated
      ? [
          "unshare",
          "--net",
          "--mount",
          "--propagation",
          "private",
          "sh",
          "-c",
          'ip link set lo up && exec "$@"',
          "sh",
          ...runner,
        ]
      : runner;
    const result = spawnSync(command[0], command.slice(1), {
      cwd: ROOT,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
    });
    if (result.status !== 0) failed.push(name);
  }
  console.log(failed.length === 0 ? "\nall soak runs passed" : `\nfailed: ${failed.join("; ")}`);
  return failed.length === 0 ? 0 : 1;
});
