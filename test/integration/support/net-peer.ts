/**
 * A program for tests, run inside a network namespace: serves one port or asks one.
 * `serve tcp|udp PORT TEXT` prints `ready` and answers everybody with TEXT and the asker's address;
 * `send udp HOST PORT` sends for ever from one port, prints `sent` after the first time and every answer;
 * `ask tcp|udp HOST PORT` prints the answer, or `no answer: <reason>`.
 */

import { ask } from "./net-ask.ts";

const [verb = "", protocol = "", ...rest] = process.argv.slice(2);

if (verb === "serve") {
  const [port = "", text = ""] = rest;
  if (protocol === "tcp") {
    Bun.listen({
      hostname: "0.0.0.0",
      port: Number(port),
      socket: {
        open: (socket) => {
          socket.end(`${text} ${socket.remoteAddress}`);
        },
        data: () => {},
      },
    });
  } else {
    await Bun.udpSocket({
      hostname: "0.0.0.0",
      port: Number(port),
      socket: {
        data: (socket, _data, from, address) => {
          socket.send(`${text} ${address}`, from, address);
        },
      },
    });
  }
  console.log("ready");
} else if (verb === "send") {
  const [host = "", port = ""] = rest;
  const socket = await Bun.udpSocket({
    connect: { hostname: host, port: Number(port) },
    socket: {
      data: (_socket, data) => console.log(data.toString()),
      // The machine refuses while nothing is published there.
      error: () => {},
    },
  });
  socket.send("hello");
  console.log("sent");
  setInterval(() => socket.send("hello"), 20);
} else {
  const [host = "", port = ""] = rest;
  console.log(await ask(protocol === "udp" ? "udp" : "tcp", host, Number(port)));
  // A connection that nobody answers would keep the program for minutes.
  process.exit(0);
}
