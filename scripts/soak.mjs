// npm run soak: the long forms of the tests that npm test runs short (reliability R1, R4, R8, R10, R17). Bounded, ends by itself.
import { spawnSync } from "node:child_process";
import { build } from "./project/build.mjs";
import { BUN, ROOT, runScript, setUp } from "./project/setup.mjs";

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
    name: "kill -9: 200 rounds",
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
    name: "containerd killed 20 times with 20 containers",
    file: "./test/integration/containerd-restart.test.ts",
    env: { SUPERCARGO_RESTART_CONTAINERS: "20", SUPERCARGO_RESTART_KILLS: "20" },
    isolated: true,
  },
  {
    name: "random requests: 8 clients, 2 minutes",
    file: "./test/integration/random-operations.test.ts",
    env: { SUPERCARGO_RANDOM_SECONDS: "120" },
    isolated: true,
  },
  {
    name: "random requests: 50 clients on 10 names, 20 s",
    file: "./test/integration/random-operations.test.ts",
    env: {
      SUPERCARGO_RANDOM_CLIENTS: "50",
      SUPERCARGO_RANDOM_NAMES: "10",
      SUPERCARGO_RANDOM_SECONDS: "20",
    },
    isolated: true,
  },
  {
    name: "the manager in memory: 1,000 seeds of requests, faults, kills and power cuts",
    file: "./test/unit/manager/random.test.ts",
    env: { SUPERCARGO_RANDOM_SEEDS: "1000" },
  },
];
const TEST_LIMIT_MS = 3 * 3600 * 1000;

await runScript(async () => {
  setUp("test");
  build();
  const failed = [];
  for (const { name, file, env, isolated } of RUNS) {
    console.log(`\n== ${name}`);
    const runner = [BUN, "test", file, `--timeout=${TEST_LIMIT_MS}`];
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
