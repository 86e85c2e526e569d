// Calls our server with grpc-js under node: the argument is the target; prints JSON.
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const seen = {};
const encode = (text) => Buffer.from(text);
const decode = (raw) => raw.toString();
const method = (path, requestStream, responseStream) => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: encode,
  requestDeserialize: decode,
  responseSerialize: encode,
  responseDeserialize: decode,
});
const Client = grpc.makeGenericClientConstructor(
  {
    say: method("/test.Echo/Say", false, false),
    repeat: method("/test.Echo/Repeat", false, true),
    join: method("/test.Echo/Join", true, false),
    chat: method("/test.Echo/Chat", true, true),
    missing: method("/test.Echo/Missing", false, false),
  },
  "Echo",
);
const client = new Client(process.argv[2], grpc.credentials.createInsecure(), {
  "grpc.max_receive_message_length": 8 << 20,
});

/** Runs a call with one response. */
const one = (start) =>
  new Promise((resolve) => {
    start((error, value) => resolve(error ? [grpc.status[error.code], error.details] : value));
  });
/** Collects a stream of responses. */
const all = (call, each = () => undefined) =>
  new Promise((resolve) => {
    const items = [];
    call.on("data", (item) => {
      items.push(item);
      each(item, items.length);
    });
    call.on("error", (error) => resolve([...items, [grpc.status[error.code], error.details]]));
    call.on("end", () => resolve(items));
  });

seen.unary = await one((done) => client.say("grüß dich 漢字", done));
const big = "ab".repeat(1_500_000);
seen.big = (await one((done) => client.say(big, done))) === big;
seen["too big"] = await one((done) => client.say("x".repeat(5 << 20), done));
seen.error = await one((done) => client.say("fail:5:nicht gefunden: Größe 100 % 漢字", done));
seen["plain error"] = await one((done) => client.say("throw:boom", done));
seen["server stream"] = await all(client.repeat("4:ü"));
seen["long stream"] = (await all(client.repeat(`2000:${"y".repeat(1000)}`))).join("").length;
seen["stream error"] = await all(client.repeat("2:fail"));
seen["client stream"] = await one((done) => {
  const call = client.join(done);
  for (const text of ["a", "b", "ç".repeat(1000)]) call.write(text);
  call.end();
});
{
  const call = client.chat();
  const answers = all(call, (_item, count) => {
    if (count < 3) call.write(String(count + 1));
    else call.end();
  });
  call.write("1");
  seen.bidi = await answers;
}
{
  const call = client.repeat("forever:x");
  seen.cancel = (await all(call, () => call.cancel())).at(-1);
}
seen.deadline = (await one((done) => client.say("wait", { deadline: Date.now() + 100 }, done)))[0];
seen["unknown method"] = await one((done) => client.missing("x", done));
seen.parallel = new Set(
  await Promise.all(Array.from({ length: 500 }, (_, n) => one((done) => client.say(String(n), done)))),
).size;
{
  const metadata = new grpc.Metadata();
  metadata.set("x-key", "value");
  metadata.set("x-bytes-bin", Buffer.from([0, 255, 44, 1]));
  let head;
  let tail;
  await one((done) => {
    const call = client.say("metadata", metadata, done);
    call.on("metadata", (received) => {
      head = received.get("x-head");
    });
    call.on("status", (status) => {
      tail = status.metadata;
    });
  });
  await new Promise((resolve) => setImmediate(resolve));
  seen.metadata = [head, tail?.get("x-tail"), [...(tail?.get("x-bytes-bin")[0] ?? [])]];
}
{
  const definition = loadSync(fileURLToPath(new URL("reflection.proto", import.meta.url)));
  const Reflection = grpc.makeGenericClientConstructor(
    definition["grpc.reflection.v1.ServerReflection"],
    "R",
  );
  const reflection = new Reflection(process.argv[2], grpc.credentials.createInsecure());
  const call = reflection.ServerReflectionInfo();
  const answers = all(call);
  call.write({ listServices: "*" });
  call.write({ fileContainingSymbol: "supercargo.v1.Supercargo" });
  call.end();
  const [services, files] = await answers;
  seen.reflection = [
    services.listServicesResponse.service.map(({ name }) => name),
    files.fileDescriptorResponse?.fileDescriptorProto.length > 0,
  ];
  reflection.close();
}
client.close();
console.log(JSON.stringify(seen));
