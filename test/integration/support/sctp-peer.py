"""SCTP on kernels without an SCTP socket: sends or receives the first message of an association by raw packets.

`receive PORT` prints `ready`, then `ADDRESS PORT` of the first INIT that arrives for PORT; `send ADDRESS PORT` sends one.
"""

import socket
import struct
import sys

IPPROTO_SCTP = 132


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def init_packet(port):
    chunk = struct.pack("!BBHIIHHI", 1, 0, 20, 0x1234, 65536, 1, 1, 7)
    head = struct.pack("!HHI", 40000, port, 0)
    checksum = struct.pack("<I", crc32c(head + b"\0\0\0\0" + chunk))
    return head + checksum + chunk


verb, *rest = sys.argv[1:]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, IPPROTO_SCTP)
if verb == "send":
    raw.sendto(init_packet(int(rest[1])), (rest[0], 0))
else:
    raw.settimeout(10)
    print("ready", flush=True)
    while True:
        packet, address = raw.recvfrom(2048)
        sctp = packet[(packet[0] & 15) * 4 :]
        source, port = struct.unpack("!HH", sctp[:4])
        if port == int(rest[0]) and sctp[12] == 1:
            print(address[0], source, flush=True)
            break
