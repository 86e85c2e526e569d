// One container's life through every rpc of the API with grpc-js. Arguments: target, folder of the protos, id, image. Prints JSON.
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [target, protos, id, image] = process.argv.slice(2);
const files = ["api/services/containers/containers.proto", "api/services/sysinfo/system_info.proto"];
const definition = loadSync(files, { includeDirs: [protos], keepCase: true, longs: Number, defaults: true });
const root = grpc.loadPackageDefinition(definition);
const { services } = root.github.com.eclipse_kanto.container_management.containerm.api;
const credentials = grpc.credentials.createInsecure();
const containers = new services.containers.Containers(target, credentials);
const system = new services.sysinfo.SystemInfo(target, credentials);
const seen = {};

const call = (name, request, options = {}, client = containers) =>
  new Promise((resolve, reject) => {
    client[name](request, new grpc.Metadata(), options, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
const stream = async (name, request) => {
  const items = [];
  for await (const item of containers[name](request)) items.push(item);
  return items;
};
const now = async () => (await call("Get", { id })).container;
const failure = async (act) => {
  try {
    await act();
    return ["OK", ""];
  } catch (error) {
    return [grpc.status[error.code], error.details, ...error.metadata.get("supercargo-code")];
  }
};
const lines = (messages) => {
  const text = messages.map(({ log }) => log).join("");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).log]));
};

const wish = {
  id,
  image: { name: image },
  io_config: { open_stdin: true },
  config: { cmd: ["sh", "-c", "echo hello; exec cat"], env: ["LANG=C"] },
  host_config: { restart_policy: { type: "no" } },
};
seen.info = (await call("ProjectInfo", {}, {}, system)).project_info.project_version !== "";
seen.unknown = (await call("Get", { id: "nobody" })).container !== null;
const { container: made } = await call("Create", { container: wish });
seen.created = [made.id, made.name, made.host_name, made.state.status, made.state.pid];
seen.again = await failure(() => call("Create", { container: wish }));
seen.invalid = await failure(() => call("Create", { container: { id: "x" } }));
seen.list = (await call("List", {})).containers.map((one) => one.id);
seen["list stream"] = (await stream("ListStream", {})).map((one) => one.container.id);
seen["no logs yet"] = await failure(() => stream("Logs", { id, tail: -1 }));
await call("Start", { id });
let state = (await now()).state;
seen.started = [state.status, state.running, state.pid > 1];
seen["start again"] = await failure(() => call("Start", { id }));

const attached = containers.Attach();
attached.write({ id, std_in: true });
attached.write({ data_to_write: Buffer.from("ping\n") });
let heard = "";
try {
  for await (const { read_data: data } of attached) {
    heard += data.toString();
    if (heard.includes("ping\n")) attached.cancel();
  }
} catch (error) {
  if (error.code !== grpc.status.CANCELLED) throw error;
}
seen.attach = heard.replace("hello\n", "");
seen.logs = lines(await stream("Logs", { id, tail: -1 }));
seen["last log"] = lines(await stream("Logs", { id, tail: 1 }));

await call("Pause", { id });
state = (await now()).state;
seen.paused = [state.status, state.paused, state.running];
await call("Unpause", { id });
seen.unpaused = (await now()).state.status;
await call("Rename", { id, name: "new-name" });
seen.renamed = (await now()).name;
await call("Update", { id, updateOptions: { resources: { memory: "64M" } } });
seen.updated = (await now()).host_config.resources.memory;
const before = (await now()).state.pid;
await call("Restart", { id });
state = (await now()).state;
seen.restarted = [state.status, state.pid !== before];
seen["remove running"] = await failure(() => call("Remove", { id }));
await call("Stop", { id, stopOptions: { timeout: 2, force: true, signal: "SIGKILL" } });
const stopped = await now();
seen.stopped = [stopped.state.status, stopped.state.exit_code, stopped.manually_stopped];
await call("Remove", { id });
seen.removed = (await call("Get", { id })).container !== null;
seen["start removed"] = await failure(() => call("Start", { id }));
seen["logs of removed"] = await failure(() => stream("Logs", { id, tail: 1 }));
seen.late = (await failure(() => call("List", {}, { deadline: Date.now() - 1 })))[0];

containers.close();
system.close();
console.log(JSON.stringify(seen));
