"""Calls our server with grpcio (the C core): arguments are the target and a folder with the generated reflection_pb2; prints JSON."""

import json
import sys
import threading

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool

sys.path.insert(0, sys.argv[2])
import reflection_pb2  # noqa: E402

SEEN = {}
CHANNEL = grpc.insecure_channel(
    sys.argv[1],
    options=[("grpc.max_receive_message_length", 8 << 20), ("grpc.max_send_message_length", 8 << 20)],
)


def encode(text):
    return text.encode()


def decode(raw):
    return raw.decode()


CODEC = {"request_serializer": encode, "response_deserializer": decode}
say = CHANNEL.unary_unary("/test.Echo/Say", **CODEC)
repeat = CHANNEL.unary_stream("/test.Echo/Repeat", **CODEC)
join = CHANNEL.stream_unary("/test.Echo/Join", **CODEC)
chat = CHANNEL.stream_stream("/test.Echo/Chat", **CODEC)


def failure(act):
    try:
        act()
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return ["OK", ""]


SEEN["unary"] = say("grüß dich 漢字")
SEEN["empty"] = say("")
big = "ab" * 1_500_000
SEEN["big"] = say(big) == big
SEEN["too big"] = failure(lambda: say("x" * (5 << 20)))
SEEN["error"] = failure(lambda: say("fail:5:nicht gefunden: Größe 100 % 漢字"))
SEEN["plain error"] = failure(lambda: say("throw:boom"))
SEEN["server stream"] = list(repeat("4:ü"))
SEEN["long stream"] = sum(len(text) for text in repeat("2000:" + "y" * 1000))
SEEN["stream error"] = failure(lambda: list(repeat("2:fail")))
SEEN["client stream"] = join(iter(["a", "b", "ç" * 1000]))
SEEN["bidi"] = list(chat(iter(["one", "two", "z" * 100_000])))
SEEN["deadline"] = failure(lambda: say("wait", timeout=0.1))
SEEN["parallel"] = len({future.result() for future in [say.future(str(n)) for n in range(500)]})


def say_missing():
    return CHANNEL.unary_unary("/test.Echo/Missing", **CODEC)("x")


SEEN["unknown method"] = failure(say_missing)

# In turn: each request is sent when the answer to the one before has come.
answered = threading.Semaphore(1)


def in_turn():
    for text in ["1", "2", "3"]:
        answered.acquire()
        yield text


turns = []
for answer in chat(in_turn()):
    turns.append(answer)
    answered.release()
SEEN["turns"] = turns

call = repeat("forever:x")
next(call)
call.cancel()
SEEN["cancel"] = failure(lambda: list(call))

response, call = say.with_call("metadata", metadata=(("x-key", "value"), ("x-bytes-bin", b"\x00\xff,\x01")))
SEEN["initial metadata"] = dict(call.initial_metadata()).get("x-head")
trailing = dict(call.trailing_metadata())
SEEN["trailing metadata"] = [trailing.get("x-tail"), list(trailing.get("x-bytes-bin", b""))]
SEEN["gzip"] = failure(lambda: say("x" * 5000, compression=grpc.Compression.Gzip))

Request = reflection_pb2.ServerReflectionRequest
for version in ["v1", "v1alpha"]:
    info = CHANNEL.stream_stream(
        "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
        request_serializer=Request.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    symbol = "github.com.eclipse_kanto.container_management.containerm.api.services.containers.Containers"
    questions = [
        Request(list_services="*"),
        Request(file_containing_symbol=symbol),
        Request(file_by_filename="api/types/containers/container.proto"),
        Request(file_containing_symbol="no.such.Thing"),
    ]
    services, files, by_name, nothing = list(info(iter(questions)))
    pool = descriptor_pool.DescriptorPool()
    found = {}
    for raw in files.file_descriptor_response.file_descriptor_proto:
        file = descriptor_pb2.FileDescriptorProto.FromString(raw)
        found[file.name] = file

    def add(name):
        for dependency in found[name].dependency:
            add(dependency)
        pool.Add(found[name])

    for name in found:
        add(name)
    first = descriptor_pb2.FileDescriptorProto.FromString(by_name.file_descriptor_response.file_descriptor_proto[0])
    SEEN["reflection " + version] = {
        "services": [service.name for service in services.list_services_response.service],
        "methods": len(pool.FindServiceByName(symbol).methods),
        "by name": first.name,
        "unknown": nothing.error_response.error_code,
        "repeats the question": nothing.original_request.file_containing_symbol,
    }

print(json.dumps(SEEN))
