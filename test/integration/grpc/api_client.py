"""One container's life through every rpc of the API with grpcio (the C core). Arguments: target, folder of the generated modules, id, image. Prints JSON."""

import json
import queue
import sys

import grpc
from google.protobuf import empty_pb2

sys.path.insert(0, sys.argv[2])
from api.services.containers import containers_pb2 as rpc  # noqa: E402
from api.services.sysinfo import system_info_pb2 as system  # noqa: E402
from api.types.containers import container_pb2 as types  # noqa: E402
from api.types.containers import stop_options_pb2 as stopping  # noqa: E402
from api.types.containers import update_options_pb2 as updating  # noqa: E402

ID, IMAGE = sys.argv[3:5]
BASE = "/github.com.eclipse_kanto.container_management.containerm.api.services"
CHANNEL = grpc.insecure_channel(sys.argv[1])
SEEN = {}


def method(kind, name, request, response, service="containers.Containers"):
    make = getattr(CHANNEL, kind)
    return make(
        f"{BASE}.{service}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


def unary(name, request, response=empty_pb2.Empty):
    return method("unary_unary", name, request, response)


create = unary("Create", rpc.CreateContainerRequest, rpc.CreateContainerResponse)
get = unary("Get", rpc.GetContainerRequest, rpc.GetContainerResponse)
list_all = unary("List", rpc.ListContainersRequest, rpc.ListContainersResponse)
start = unary("Start", rpc.StartContainerRequest)
stop = unary("Stop", rpc.StopContainerRequest)
restart = unary("Restart", rpc.RestartContainerRequest)
pause = unary("Pause", rpc.PauseContainerRequest)
unpause = unary("Unpause", rpc.UnpauseContainerRequest)
rename = unary("Rename", rpc.RenameContainerRequest)
update = unary("Update", rpc.UpdateContainerRequest)
remove = unary("Remove", rpc.RemoveContainerRequest)
list_stream = method("unary_stream", "ListStream", rpc.ListContainersRequest, rpc.ListContainerMessage)
logs = method("unary_stream", "Logs", rpc.GetLogsRequest, rpc.GetLogsResponse)
attach = method("stream_stream", "Attach", rpc.AttachContainerRequest, rpc.AttachContainerResponse)


def now():
    return get(rpc.GetContainerRequest(id=ID)).container


def lines(messages):
    return [json.loads(line)["log"] for line in "".join(one.log for one in messages).splitlines()]


def failure(act):
    try:
        act()
    except grpc.RpcError as error:
        code = [value for key, value in error.trailing_metadata() or () if key == "supercargo-code"]
        return [error.code().name, error.details(), *code]
    return ["OK", ""]


wish = types.Container(id=ID, image={"name": IMAGE}, io_config={"open_stdin": True})
wish.config.cmd.extend(["sh", "-c", "echo hello; exec cat"])
wish.config.env.append("LANG=C")
wish.host_config.restart_policy.type = "no"

info = method("unary_unary", "ProjectInfo", empty_pb2.Empty, system.ProjectInfoResponse, "sysinfo.SystemInfo")
SEEN["info"] = bool(info(empty_pb2.Empty()).project_info.project_version)
SEEN["unknown"] = get(rpc.GetContainerRequest(id="nobody")).HasField("container")
made = create(rpc.CreateContainerRequest(container=wish)).container
SEEN["created"] = [made.id, made.name, made.host_name, made.state.status, made.state.pid]
SEEN["again"] = failure(lambda: create(rpc.CreateContainerRequest(container=wish)))
SEEN["invalid"] = failure(lambda: create(rpc.CreateContainerRequest(container=types.Container(id="x"))))
SEEN["list"] = [one.id for one in list_all(rpc.ListContainersRequest()).containers]
SEEN["list stream"] = [one.container.id for one in list_stream(rpc.ListContainersRequest())]
SEEN["no logs yet"] = failure(lambda: list(logs(rpc.GetLogsRequest(id=ID, tail=-1))))
start(rpc.StartContainerRequest(id=ID))
SEEN["started"] = [now().state.status, now().state.running, now().state.pid > 1]
SEEN["start again"] = failure(lambda: start(rpc.StartContainerRequest(id=ID)))

words = queue.Queue()
words.put(rpc.AttachContainerRequest(id=ID, std_in=True))
stream = attach(iter(words.get, None))
words.put(rpc.AttachContainerRequest(data_to_write=b"ping\n"))
heard = b""
for message in stream:
    heard += message.read_data
    if b"ping\n" in heard:
        break
stream.cancel()
words.put(None)
SEEN["attach"] = heard.decode().replace("hello\n", "")
SEEN["logs"] = lines(logs(rpc.GetLogsRequest(id=ID, tail=-1)))
SEEN["last log"] = lines(logs(rpc.GetLogsRequest(id=ID, tail=1)))

pause(rpc.PauseContainerRequest(id=ID))
SEEN["paused"] = [now().state.status, now().state.paused, now().state.running]
unpause(rpc.UnpauseContainerRequest(id=ID))
SEEN["unpaused"] = now().state.status
rename(rpc.RenameContainerRequest(id=ID, name="new-name"))
SEEN["renamed"] = now().name
options = updating.UpdateOptions(resources={"memory": "64M"})
update(rpc.UpdateContainerRequest(id=ID, updateOptions=options))
SEEN["updated"] = now().host_config.resources.memory
before = now().state.pid
restart(rpc.RestartContainerRequest(id=ID))
SEEN["restarted"] = [now().state.status, now().state.pid != before]
SEEN["remove running"] = failure(lambda: remove(rpc.RemoveContainerRequest(id=ID)))
how = stopping.StopOptions(timeout=2, force=True, signal="SIGKILL")
stop(rpc.StopContainerRequest(id=ID, stopOptions=how))
SEEN["stopped"] = [now().state.status, now().state.exit_code, now().manually_stopped]
# A stopped container has no output: the stream waits for its next start.
SEEN["late"] = failure(lambda: list(attach(iter([rpc.AttachContainerRequest(id=ID)]), timeout=0.5)))[0]
remove(rpc.RemoveContainerRequest(id=ID))
SEEN["removed"] = get(rpc.GetContainerRequest(id=ID)).HasField("container")
SEEN["start removed"] = failure(lambda: start(rpc.StartContainerRequest(id=ID)))
SEEN["logs of removed"] = failure(lambda: list(logs(rpc.GetLogsRequest(id=ID, tail=1))))

print(json.dumps(SEEN))
