/** `install` of SoftwareUpdatable: what is asked for, and the work in the background (spec/digital-twin.md §5.3). */

import { toError } from "../errors/error.ts";
import type { DesiredContainer } from "../model/container.ts";
import type { Arguments } from "./arguments.ts";
import { type Artifact, ArtifactFailure, fetchArtifact, readArtifact } from "./artifact.ts";
import { TWIN_ORIGIN } from "./container-factory.ts";
import type { TwinContainers } from "./containers.ts";
import { invalid } from "./refusal.ts";
import type { SoftwareProgress } from "./software-progress.ts";

export interface SoftwareModule {
  /** As it stands in every status. */
  readonly softwareModule: { readonly name: string; readonly version: string };
  readonly artifacts: readonly Artifact[];
}

/** Throws a refusal (400). */
export function readModules(request: Arguments): readonly SoftwareModule[] {
  const modules = request.objects("softwareModules").map((module) => {
    const named = module.object("softwareModule");
    if (named === undefined) throw invalid("json: a module without softwareModule");
    const softwareModule = { name: named.text("name"), version: named.text("version") };
    // A null among the artifacts is one without a download (spec/digital-twin.md §7a).
    const artifacts = module
      .objectsOrNull("artifacts")
      .map((artifact) => (artifact === undefined ? { url: "" } : readArtifact(artifact)));
    return { softwareModule, artifacts };
  });
  if (modules.length === 0) throw invalid("there are no SoftwareModules to be installed");
  for (const { softwareModule, artifacts } of modules) {
    const { name, version } = softwareModule;
    if (artifacts.length > 0) continue;
    throw invalid(
      `there are no SoftwareArtifacts referenced for SoftwareModule [Name.version] = [${name}.${version}]`,
    );
  }
  return modules;
}

/** One module after the other; a failed one does not stop the next, and nothing is rolled back. */
export async function install(
  modules: readonly SoftwareModule[],
  progress: SoftwareProgress,
  containers: TwinContainers,
  caughtUp: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const { softwareModule, artifacts } of modules) {
    const subject = { softwareModule };
    try {
      progress.tell("STARTED", subject);
      progress.tell("DOWNLOADING", subject);
      const wishes: DesiredContainer[] = [];
      for (const artifact of artifacts) wishes.push(await fetchArtifact(artifact, signal));
      progress.tell("DOWNLOADED", subject);
      progress.tell("INSTALLING", subject);
      const ids: string[] = [];
      for (const wish of wishes) ids.push((await containers.create(wish, TWIN_ORIGIN, signal)).id);
      await caughtUp();
      progress.tell("INSTALLED", subject);
      for (const id of ids) await containers.start(id, signal);
      await caughtUp();
      progress.tell("FINISHED_SUCCESS", subject);
    } catch (thrown) {
      await caughtUp();
      const isRejected = thrown instanceof ArtifactFailure && thrown.outcome === "rejected";
      progress.fail(isRejected ? "FINISHED_REJECTED" : "FINISHED_ERROR", subject, toError(thrown).message);
    }
  }
}
