/** The tables of spec/grpc-api.md §3 and §4, written down apart from proto/: methods, fields, numbers and types of what clients speak. */

import { expect, test } from "bun:test";
import { FILE_DESCRIPTOR_SET_BASE64 } from "../../../src/api/gen/descriptors.ts";
import { readFields, textOf, type WireField } from "../../../src/grpc/reflection/protobuf-wire.ts";

const ROOT = "github.com.eclipse_kanto.container_management.containerm.api";

/** `name=number` and, when it is no text, `:type`; `*` for repeated. Ours, from 100 on, are left out. */
const MESSAGES: Readonly<Record<string, string>> = {
  "services.containers.ListContainersRequest": "",
  "services.containers.CreateContainerRequest": "container=1:Container",
  "services.containers.CreateContainerResponse": "container=1:Container",
  "services.containers.GetContainerRequest": "id=1",
  "services.containers.GetContainerResponse": "container=1:Container",
  "services.containers.ListContainersResponse": "containers=1:Container*",
  "services.containers.ListContainerMessage": "container=1:Container",
  "services.containers.StartContainerRequest": "id=1",
  "services.containers.AttachContainerRequest":
    "id=1 std_in=2:bool write_offset=3:int64 finish_write=4:bool read_offset=5:int64 read_limit=6:int64 data_to_write=10:bytes",
  "services.containers.AttachContainerResponse":
    "id=1 std_in=2:bool write_committed_size=3:int64 read_data=10:bytes",
  "services.containers.StopContainerRequest": "id=1 stopOptions=2:StopOptions",
  "services.containers.UpdateContainerRequest": "id=1 updateOptions=2:UpdateOptions",
  "services.containers.RestartContainerRequest": "id=1",
  "services.containers.PauseContainerRequest": "id=1",
  "services.containers.UnpauseContainerRequest": "id=1",
  "services.containers.RenameContainerRequest": "id=1 name=2",
  "services.containers.RemoveContainerRequest": "id=1 force=2:bool stopOptions=3:StopOptions",
  "services.containers.GetLogsRequest": "id=1 tail=2:int32",
  "services.containers.GetLogsResponse": "log=1",
  "services.sysinfo.ProjectInfoResponse": "project_info=1:ProjectInfo",
  "types.containers.Container":
    "id=1 name=2 image=3:Image host_name=4 domain_name=5 resolv_conf_path=6 hosts_path=7 hostname_path=8 mounts=9:MountPoint* hooks=10:Hook* host_config=11:HostConfig io_config=12:IOConfig config=13:ContainerConfiguration network_settings=14:NetworkSettings state=15:State created=16 manually_stopped=17:bool restart_count=18:int64",
  "types.containers.Image": "name=1 decrypt_config=2:DecryptConfig",
  "types.containers.DecryptConfig": "keys=1* recipients=2*",
  "types.containers.MountPoint": "destination=1 source=2 propagation_mode=3",
  "types.containers.Hook": "path=1 args=2* env=3* timeout=4:int32 type=5",
  "types.containers.HostConfig":
    "devices=1:DeviceMapping* network_mode=2 privileged=3:bool restart_policy=4:RestartPolicy runtime=5 extra_hosts=6* port_mappings=7:PortMapping* log_config=8:LogConfiguration resources=9:Resources extra_capabilities=10*",
  "types.containers.DeviceMapping": "path_on_host=1 path_in_container=2 cgroup_permissions=3",
  "types.containers.PortMapping":
    "protocol=1 host_ip=2 host_port=3:int64 host_port_end=4:int64 container_port=5:int64",
  "types.containers.RestartPolicy": "maximum_retry_count=1:int64 retry_timeout=2:int64 type=3",
  "types.containers.LogConfiguration":
    "driver_config=1:LogDriverConfiguration mode_config=2:LogModeConfiguration",
  "types.containers.LogDriverConfiguration": "type=1 max_files=2:int64 max_size=3 root_dir=4",
  "types.containers.LogModeConfiguration": "mode=1 max_buffer_size=2",
  "types.containers.Resources": "memory=1 memory_reservation=2 memory_swap=3",
  "types.containers.IOConfig":
    "attach_stderr=1:bool attach_stdin=2:bool attach_stdout=3:bool open_stdin=4:bool stdin_once=5:bool tty=6:bool",
  "types.containers.ContainerConfiguration": "env=1* cmd=2*",
  // The map is a repeated pair on the wire.
  "types.containers.NetworkSettings":
    "networks=1:NetworksEntry* sandbox_id=2 sandbox_key=3 network_controller_id=4",
  "types.containers.NetworkSettings.NetworksEntry": "key=1 value=2:EndpointSettings",
  "types.containers.EndpointSettings": "id=1 gateway=2 ip_address=3 mac_address=4 network_id=5",
  "types.containers.State":
    "pid=1:int64 started_at=2 error=3 exit_code=4:int64 finished_at=5 exited=6:bool dead=7:bool restarting=8:bool paused=9:bool running=10:bool status=11 oomKilled=12:bool",
  "types.containers.StopOptions": "timeout=1:int64 force=2:bool signal=3",
  "types.containers.UpdateOptions": "restart_policy=1:RestartPolicy resources=2:Resources",
  "types.sysinfo.ProjectInfo": "project_version=1 build_time=2 api_version=3 git_commit=4",
};

const METHODS: Readonly<Record<string, string>> = {
  "services.containers.Containers/Create": "CreateContainerRequest CreateContainerResponse",
  "services.containers.Containers/Get": "GetContainerRequest GetContainerResponse",
  "services.containers.Containers/List": "ListContainersRequest ListContainersResponse",
  "services.containers.Containers/ListStream": "ListContainersRequest stream ListContainerMessage",
  "services.containers.Containers/Start": "StartContainerRequest Empty",
  "services.containers.Containers/Attach": "stream AttachContainerRequest stream AttachContainerResponse",
  "services.containers.Containers/Stop": "StopContainerRequest Empty",
  "services.containers.Containers/Update": "UpdateContainerRequest Empty",
  "services.containers.Containers/Restart": "RestartContainerRequest Empty",
  "services.containers.Containers/Pause": "PauseContainerRequest Empty",
  "services.containers.Containers/Unpause": "UnpauseContainerRequest Empty",
  "services.containers.Containers/Rename": "RenameContainerRequest Empty",
  "services.containers.Containers/Remove": "RemoveContainerRequest Empty",
  "services.containers.Containers/Logs": "GetLogsRequest stream GetLogsResponse",
  "services.sysinfo.SystemInfo/ProjectInfo": "Empty ProjectInfoResponse",
};

/** Numbers of google/protobuf/descriptor.proto. */
const IN_FILE = { package: 2, message: 4, service: 6 } as const;
const IN_SERVICE = { name: 1, method: 2 } as const;
const IN_MESSAGE = { name: 1, field: 2, nested: 3 } as const;
const IN_FIELD = { name: 1, number: 3, label: 4, type: 5, typeName: 6 } as const;
const IN_METHOD = { name: 1, input: 2, output: 3, clientStreams: 5, serverStreams: 6 } as const;
const REPEATED = 3;
const OURS_FROM = 100;
const SCALARS: Readonly<Record<number, string>> = { 3: "int64", 5: "int32", 8: "bool", 9: "", 12: "bytes" };

function fieldsOf(bytes: Uint8Array): WireField[] {
  return [...readFields(bytes)];
}

function textIn(fields: readonly WireField[], number: number): string {
  return textOf(fields.find((field) => field.number === number)?.bytes ?? new Uint8Array(0));
}

function integerIn(fields: readonly WireField[], number: number): number {
  return fields.find((field) => field.number === number)?.integer ?? 0;
}

const lastWord = (name: string) => name.slice(name.lastIndexOf(".") + 1);

function fieldText(bytes: Uint8Array): string | undefined {
  const fields = fieldsOf(bytes);
  const number = integerIn(fields, IN_FIELD.number);
  if (number >= OURS_FROM) return undefined;
  const type = SCALARS[integerIn(fields, IN_FIELD.type)] ?? lastWord(textIn(fields, IN_FIELD.typeName));
  const repeated = integerIn(fields, IN_FIELD.label) === REPEATED ? "*" : "";
  return `${textIn(fields, IN_FIELD.name)}=${number}${type === "" ? "" : `:${type}`}${repeated}`;
}

function methodText(fields: readonly WireField[]): string {
  const stream = (number: number) => (integerIn(fields, number) === 1 ? "stream " : "");
  const input = `${stream(IN_METHOD.clientStreams)}${lastWord(textIn(fields, IN_METHOD.input))}`;
  return `${input} ${stream(IN_METHOD.serverStreams)}${lastWord(textIn(fields, IN_METHOD.output))}`;
}

function readSet(): { readonly messages: Record<string, string>; readonly methods: Record<string, string> } {
  const messages: Record<string, string> = {};
  const methods: Record<string, string> = {};
  const addMessage = (scope: string, bytes: Uint8Array): void => {
    const fields = fieldsOf(bytes);
    const name = `${scope}.${textIn(fields, IN_MESSAGE.name)}`;
    const own = fields.filter(({ number }) => number === IN_MESSAGE.field);
    messages[name] = own.flatMap((field) => fieldText(field.bytes) ?? []).join(" ");
    for (const nested of fields) if (nested.number === IN_MESSAGE.nested) addMessage(name, nested.bytes);
  };
  for (const file of readFields(Buffer.from(FILE_DESCRIPTOR_SET_BASE64, "base64"))) {
    const fields = fieldsOf(file.bytes);
    const full = textIn(fields, IN_FILE.package);
    if (!full.startsWith(`${ROOT}.`)) continue;
    const scope = full.slice(ROOT.length + 1);
    for (const { number, bytes } of fields) {
      if (number === IN_FILE.message) addMessage(scope, bytes);
      if (number !== IN_FILE.service) continue;
      const service = fieldsOf(bytes);
      for (const method of service.filter((one) => one.number === IN_SERVICE.method)) {
        const parts = fieldsOf(method.bytes);
        methods[`${scope}.${textIn(service, IN_SERVICE.name)}/${textIn(parts, IN_METHOD.name)}`] =
          methodText(parts);
      }
    }
  }
  return { messages, methods };
}

test("every message of the peer has its fields, numbers and types, and no other below 100", () => {
  const { messages } = readSet();
  // Ours alone, part of a field above 100.
  delete messages["services.containers.TerminalSize"];
  expect(messages).toEqual({ ...MESSAGES });
});

test("every method of the peer takes and gives what it does there, as one message or a stream", () => {
  expect(readSet().methods).toEqual({ ...METHODS });
});
