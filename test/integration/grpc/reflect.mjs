// Asks a server for its services by reflection, with grpc-js. The argument is the target; prints JSON.
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const definition = loadSync(fileURLToPath(new URL("reflection.proto", import.meta.url)));
const Reflection = grpc.makeGenericClientConstructor(definition["grpc.reflection.v1.ServerReflection"], "R");
const client = new Reflection(process.argv[2], grpc.credentials.createInsecure());
const call = client.ServerReflectionInfo();
call.write({ listServices: "*" });
call.end();
for await (const { listServicesResponse } of call) {
  console.log(JSON.stringify(listServicesResponse.service.map(({ name }) => name).sort()));
}
client.close();
