/** Makes the OCI spec of a container: reads what the host and the container's file system say, then builds. */

import { release } from "node:os";
import type { Engine } from "../engine/engine.ts";
import { buildSpec, containerCapabilities, type HostPrivileges } from "../engine/spec/build.ts";
import { readHostDevices, readMapping } from "../engine/spec/host-devices.ts";
import { hasSwapLimits, requireAppArmorProfile, SeccompSupport } from "../engine/spec/host-security.ts";
import type { OciSpec } from "../engine/spec/oci.ts";
import { resolveUserInRootfs } from "../engine/spec/rootfs-users.ts";
import { goArchitecture, type OciSeccomp, toOciSeccomp } from "../engine/spec/seccomp.ts";
import { DEFAULT_PROFILE } from "../engine/spec/seccomp-default.ts";
import { readSeccompProfile } from "../engine/spec/seccomp-file.ts";
import { SupercargoError } from "../errors/error.ts";
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
  /** Whether a limit of swap can be set on this machine. */
  canLimitSwap(): boolean;
}

export interface SpecSettings {
  /** containerd namespace; part of the cgroup's path. */
  readonly namespace: string;
  readonly systemdCgroup: boolean;
  /** Filter for containers that name none; asked at each start. */
  readonly defaultSeccomp: () => "default" | "unconfined";
}

interface SeccompChoice {
  readonly seccomp: OciSeccomp | undefined;
  readonly warnings: readonly string[];
}

/** The real one: devices and kernel of this machine, capabilities of its engine, users from the container's own passwd. */
export class HostSpecSource implements SpecSource {
  constructor(
    private readonly engine: Pick<Engine, "capabilities" | "withRootfs">,
    private readonly settings: SpecSettings,
    private readonly seccompSupport: Pick<SeccompSupport, "obstacle"> = new SeccompSupport(),
  ) {}

  readonly canLimitSwap = (): boolean => hasSwapLimits();

  async build(request: SpecRequest, signal: AbortSignal) {
    const { container } = request;
    const isPrivileged = container.hostConfig.privileged;
    const apparmor = container.extras?.apparmorProfile;
    if (apparmor !== undefined && apparmor !== "unconfined") requireAppArmorProfile(apparmor);
    const privileges: HostPrivileges | undefined = isPrivileged
      ? { devices: readHostDevices(), capabilities: this.engine.capabilities() }
      : undefined;
    const devices = isPrivileged ? [] : container.hostConfig.devices.flatMap((device) => readMapping(device));
    const { seccomp, warnings } = isPrivileged
      ? { seccomp: undefined, warnings: [] }
      : await this.#seccompOf(container);
    const user = await this.engine.withRootfs(
      request.snapshotKey,
      async (rootfs) => resolveUserInRootfs(rootfs, container.extras?.user ?? request.image.user),
      signal,
    );
    const built = buildSpec({
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
      seccomp,
      canLimitSwap: this.canLimitSwap(),
    });
    return { spec: built.spec, warnings: [...built.warnings, ...warnings] };
  }

  /** The daemon's own choice gives way where the machine cannot filter; what the container asks for does not. */
  async #seccompOf(container: Container): Promise<SeccompChoice> {
    const wanted = container.extras?.seccompProfile;
    const name = wanted ?? this.settings.defaultSeccomp();
    if (name === "unconfined") return { seccomp: undefined, warnings: [] };
    const obstacle = await this.seccompSupport.obstacle();
    if (obstacle === undefined) {
      const profile = name === "default" ? DEFAULT_PROFILE : readSeccompProfile(name);
      const host = {
        architecture: goArchitecture(process.arch),
        kernelRelease: release(),
        capabilities: containerCapabilities(container, undefined),
      };
      return { seccomp: toOciSeccomp(profile, host), warnings: [] };
    }
    if (wanted === undefined) {
      return { seccomp: undefined, warnings: [`system calls are not filtered: ${obstacle}`] };
    }
    throw new SupercargoError("SC_CONTAINER_INVALID", `seccomp profile ${name} cannot be used: ${obstacle}`, {
      hint: "leave host_config.seccomp_profile out, or set it to unconfined",
      fields: { container: container.id, key: "hostConfig.seccompProfile" },
    });
  }
}
