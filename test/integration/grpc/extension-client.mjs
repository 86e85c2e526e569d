// One container's life through every rpc of our own service with grpc-js. Arguments: target, folder of the protos, id, image, a folder to write to. Prints JSON.
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [target, protos, id, image, folder] = process.argv.slice(2);
const definition = loadSync(["supercargo/v1/supercargo.proto", "api/services/containers/containers.proto"], {
  ...{ includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true },
});
const root = grpc.loadPackageDefinition(definition);
const client = new root.supercargo.v1.Supercargo(target, grpc.credentials.createInsecure());
const seen = {};

const call = (name, request = {}) =>
  new Promise((resolve, reject) => {
    client[name](request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
const failure = async (act) => {
  try {
    await act();
    return ["OK"];
  } catch (error) {
    return [grpc.status[error.code], ...error.metadata.get("supercargo-code")];
  }
};
/** Takes messages until one is the last that is wanted, then cancels. */
const take = async (stream, isLast) => {
  const items = [];
  try {
    for await (const item of stream) {
      items.push(item);
      if (isLast(item)) break;
    }
  } finally {
    stream.cancel();
  }
  return items;
};
const wish = (version) => ({
  id,
  name: id,
  image: { name: image },
  config: {
    cmd: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"],
    env: [`VERSION=${version}`],
  },
  host_config: { restart_policy: { type: "no" } },
});
const stop_options = { timeout: 1, force: true, signal: "" };

const { container, extras } = await call("Create", {
  container: wish(1),
  extras: { labels: { made: "by grpc-js" }, pids_limit: 50 },
  originator: "grpc-js",
});
seen.created = [container.id, container.state.status, extras.labels.made, extras.pids_limit];
seen["created again"] = await failure(() => call("Create", { container: wish(1) }));
await call("Update", { id, limits: { cpus: 0.5, pids_limit: 60 } });
const kept = (await call("ListExtras")).extras[id];
seen.extras = [kept.cpus, kept.pids_limit, kept.labels.made];

const applied = await call("Apply", { desired: wish(1), extras: kept, stop_options, originator: "grpc-js" });
seen.applied = [applied.action, applied.container.state.status];
const watched = await take(client.Watch({}), ({ action }) => action === "MARKER");
seen.watched = watched.map((event) => [event.action, event.container?.id ?? ""]);
const replaced = await call("Replace", { id, desired: wish(2), stop_options, originator: "grpc-js" });
seen.replaced = [replaced.outcome, replaced.container.config.env];
const bad = { ...wish(3), config: { cmd: ["/no/such/program"] } };
const back = await call("Replace", { id, desired: bad, stop_options, originator: "grpc-js" });
seen["rolled back"] = [back.outcome, back.phase, back.container.config.env];
const [details] = (await call("Details", { ids: [id] })).containers;
seen.details = [details.container.id, details.origin, details.image_digest.startsWith("sha256:")];
seen["details of nobody"] = await failure(() => call("Details", { ids: ["nobody"] }));

const exec = client.Exec();
exec.write({
  start: { container_id: id, command: ["sh", "-c", "read word; echo got $word; exit 3"], stdin: true },
});
exec.write({ stdin: Buffer.from("hello\n") });
exec.write({ stdin_end: {} });
const said = await take(exec, ({ message }) => message === "exit_code");
const output = Buffer.concat(said.flatMap(({ stdout }) => (stdout ? [stdout] : []))).toString();
seen.exec = [said[0].message, output, said.at(-1).exit_code];
const [stats] = await take(client.Stats({ ids: [id], interval_ms: 0 }), () => true);
seen.stats = stats.containers.map((one) => [one.id, one.memory_used_bytes > 0]);

const path = `${folder}/exported.tar`;
seen.exported = (await call("ExportImage", { name: image, path })).size_bytes > 100_000;
const name = "localhost/test/imported:1";
seen.imported = (await call("ImportImage", { path, name })).images.map((one) => one.name);
seen.pulled = (await take(client.PullImage({ name, policy: "PULL_POLICY_MISSING" }), (one) => one.image)).at(
  -1,
).image.name;
seen.images = (await call("ListImages")).images.map((one) => one.name).sort();
seen["remove what is needed"] = await failure(() => call("RemoveImage", { name: image }));
seen.pruned = (await call("PruneImages", { unused_for_ms: 0, dry_run: true })).names;
await call("RemoveImage", { name });
seen["images left"] = (await call("ListImages")).images.map((one) => one.name);
seen.status = Object.keys(await call("Status")).length > 0;
seen.reloaded = (await call("Reload")).needs_restart;

const containers =
  new root.github.com.eclipse_kanto.container_management.containerm.api.services.containers.Containers(
    target,
    grpc.credentials.createInsecure(),
  );
await new Promise((resolve, reject) => {
  containers.Remove({ id, force: true, stopOptions: stop_options }, (error) =>
    error ? reject(error) : resolve(),
  );
});
client.close();
containers.close();
console.log(JSON.stringify(seen));
