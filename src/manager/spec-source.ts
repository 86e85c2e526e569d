/** Makes the OCI spec of a container: reads what the host and the container's file system say, then builds. */

import type { Engine } from "../engine/engine.ts";
import { buildSpec, type HostPrivileges } from "../engine/spec/build.ts";
import { readOwnCapabilities } from "../engine/spec/host-capabilities.ts";
import { readHostDevices, readMapping } from "../engine/spec/host-devices.ts";
import type { OciSpec } from "../engine/spec/oci.ts";
import { resolveUserInRootfs } from "../engine/spec/rootfs-users.ts";
import type { ImageConfig } from "../images/images.ts";
import type { Container } from "../model/container.ts";

/** What of the network the spec needs. */
export interface SpecNetwork {
  readonly namespacePath: string | undefined;
  readonly hostName: string;
  readonly files: { readonly hostname: string; readonly hosts: string; readonly resolvConf: string };
}

export interface SpecRequest {
  readonly container: Container;
  readonly engineId: string;
  readonly snapshotKey: string;
  readonly image: ImageConfig;
  readonly network: SpecNetwork;
}

export interface SpecSource {
  /** SC_CONTAINER_INVALID, SC_IMAGE_INVALID, engine errors. */
  build(
    request: SpecRequest,
    signal: AbortSignal,
  ): Promise<{ readonly spec: OciSpec; readonly warnings: readonly string[] }>;
}

export interface SpecSettings {
  /** containerd namespace; part of the cgroup's path. */
  readonly namespace: string;
  readonly systemdCgroup: boolean;
  readonly seccomp: Readonly<Record<string, unknown>> | undefined;
}

/** The real one: devices and capabilities of this machine, users from the container's own passwd. */
export class HostSpecSource implements SpecSource {
  constructor(
    private readonly engine: Engine,
    private readonly settings: SpecSettings,
  ) {}

  async build(request: SpecRequest, signal: AbortSignal) {
    const { container } = request;
    const isPrivileged = container.hostConfig.privileged;
    const privileges: HostPrivileges | undefined = isPrivileged
      ? { devices: readHostDevices(), capabilities: readOwnCapabilities() }
      : undefined;
    const devices = isPrivileged ? [] : container.hostConfig.devices.flatMap((device) => readMapping(device));
    const user = await this.engine.withRootfs(
      request.snapshotKey,
      async (rootfs) => resolveUserInRootfs(rootfs, request.image.user),
      signal,
    );
    return buildSpec({
      container,
      engineId: request.engineId,
      namespace: this.settings.namespace,
      image: request.image,
      user,
      hostName: request.network.hostName,
      networkNamespace: request.network.namespacePath,
      files: request.network.files,
      devices,
      privileges,
      systemdCgroup: this.settings.systemdCgroup,
      seccomp: this.settings.seccomp,
    });
  }
}
