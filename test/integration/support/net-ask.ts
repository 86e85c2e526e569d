/** Asks a server of `net-peer.ts`, or finds out that nobody answers. */

/** How long a packet that nobody refuses may stay unanswered. */
const LIMIT_MS = 1000;

export function ask(protocol: "tcp" | "udp", host: string, port: number): Promise<string> {
  return protocol === "tcp" ? askTcp(host, port) : askUdp(host, port);
}

async function askTcp(host: string, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("no answer: silence"), LIMIT_MS);
  let text = "";
  const connecting = Bun.connect({
    hostname: host,
    port,
    socket: {
      data: (_socket, data) => {
        text += data.toString();
      },
      close: () => resolve(text === "" ? "no answer: closed" : text),
      connectError: () => resolve("no answer: refused"),
    },
  }).catch(() => undefined);
  const answer = await promise;
  clearTimeout(timer);
  if (answer !== "no answer: silence") (await connecting)?.terminate();
  return answer;
}

async function askUdp(host: string, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("no answer: silence"), LIMIT_MS);
  const socket = await Bun.udpSocket({
    connect: { hostname: host, port },
    socket: {
      data: (_socket, data) => resolve(data.toString()),
      error: () => resolve("no answer: refused"),
    },
  });
  socket.send("hello");
  const answer = await promise;
  clearTimeout(timer);
  socket.close();
  return answer;
}
