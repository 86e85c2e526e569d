/** A plain container and everything around it, for tests of the specification; each test changes what it is about. */

import type { SpecInput } from "../../../../src/engine/spec/build.ts";
import type { Container, HostConfig } from "../../../../src/model/container.ts";

export const PLAIN_HOST_CONFIG: HostConfig = {
  devices: [],
  networkMode: "bridge",
  privileged: false,
  restartPolicy: { type: "unless-stopped", maximumRetryCount: 0, retryTimeoutNanos: 0n },
  runtime: "io.containerd.runc.v2",
  extraHosts: [],
  extraCapabilities: [],
  portMappings: [],
  logConfig: {
    driver: { type: "json-file", maxFiles: 2, maxSize: "100M", rootDir: "" },
    mode: { mode: "blocking", maxBufferSize: "" },
  },
};

const PLAIN: Container = {
  id: "c1",
  name: "web",
  image: { name: "example.org/web:1" },
  hostName: "web-host",
  domainName: "web-domain",
  mounts: [],
  hooks: [],
  hostConfig: PLAIN_HOST_CONFIG,
  ioConfig: {
    attachStderr: false,
    attachStdin: false,
    attachStdout: false,
    openStdin: false,
    stdinOnce: false,
    tty: false,
  },
  resolvConfPath: "",
  hostsPath: "",
  hostnamePath: "",
  state: {
    status: "Created",
    pid: -1,
    startedAt: "",
    finishedAt: "",
    exitCode: 0,
    error: "",
    oomKilled: false,
  },
  created: "",
  manuallyStopped: false,
  restartCount: 0,
  startedSuccessfullyBefore: false,
};

/** A device as it was read from the host. */
export const SENSOR = {
  path: "/dev/sensor",
  type: "c",
  major: 10,
  minor: 3,
  fileMode: 0o660,
  uid: 0,
  gid: 20,
} as const;

export function plainContainer(
  changes: Partial<Container> = {},
  hostConfig: Partial<HostConfig> = {},
): Container {
  return { ...PLAIN, ...changes, hostConfig: { ...PLAIN_HOST_CONFIG, ...hostConfig } };
}

export function specInput(container: Container, changes: Partial<SpecInput> = {}): SpecInput {
  return {
    container,
    engineId: container.id,
    namespace: "kanto-cm",
    image: { env: [], entrypoint: [], cmd: ["/bin/web"], workingDir: "" },
    user: { uid: 0, gid: 0, additionalGids: [0] },
    hostName: container.hostName,
    networkNamespace: "/run/netns/c1",
    files: { resolvConf: "/h/resolv.conf", hostname: "/h/hostname", hosts: "/h/hosts" },
    devices: [],
    privileges: undefined,
    systemdCgroup: false,
    seccomp: undefined,
    canLimitSwap: true,
    ...changes,
  };
}
