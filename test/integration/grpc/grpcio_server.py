"""A grpcio (C core) server of the echo service on a unix socket (the argument); prints `ready`, ends when its input ends."""

import sys
import time
from concurrent import futures

import grpc


def say(request, context):
    verb, _, rest = request.partition(":")
    if verb == "fail":
        code, _, message = rest.partition(":")
        context.set_trailing_metadata((("x-tail", "tail"), ("x-bytes-bin", b"\x00\xff,")))
        context.abort({c.value[0]: c for c in grpc.StatusCode}[int(code)], message)
    if verb == "size":
        return "x" * int(rest)
    if verb == "metadata":
        received = dict(context.invocation_metadata())
        return "{} {}".format(received["x-key"], list(received["x-bytes-bin"]))
    if verb == "deadline":
        return str(context.time_remaining() is not None and context.time_remaining() < 100)
    if verb == "wait":
        time.sleep(1)
    return request


def repeat(request, context):
    count, _, text = request.partition(":")
    if count == "forever":
        while context.is_active():
            yield text
        return
    for _ in range(int(count)):
        yield text
    if text == "fail":
        context.abort(grpc.StatusCode.DATA_LOSS, "after the messages")


def join(requests, _context):
    return "".join(requests)


def chat(requests, _context):
    for request in requests:
        yield "<" + request + ">"


def decode(raw):
    return raw.decode()


def encode(text):
    return text.encode()


def handler(kind, act):
    return kind(act, request_deserializer=decode, response_serializer=encode)


server = grpc.server(
    futures.ThreadPoolExecutor(max_workers=8),
    options=[("grpc.max_receive_message_length", 32 << 20), ("grpc.max_send_message_length", 32 << 20)],
)
server.add_generic_rpc_handlers(
    (
        grpc.method_handlers_generic_handler(
            "test.Echo",
            {
                "Say": handler(grpc.unary_unary_rpc_method_handler, say),
                "Repeat": handler(grpc.unary_stream_rpc_method_handler, repeat),
                "Join": handler(grpc.stream_unary_rpc_method_handler, join),
                "Chat": handler(grpc.stream_stream_rpc_method_handler, chat),
            },
        ),
    )
)
server.add_insecure_port("unix:" + sys.argv[1])
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop(0)
