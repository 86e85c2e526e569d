/**
 * What a service looks like to client and server: the shape that ts-proto's `outputServices=generic-definitions`
 * generates, and the types derived from it.
 */

/** Serialises one message type. Written with method syntax, so that a Codec of any message is a Codec<unknown>. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(input: Uint8Array): T;
}

/** One rpc. `name` is the name on the wire; the key under which a service holds it is the name in code. */
export interface MethodDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: Codec<Request>;
  readonly requestStream: boolean;
  readonly responseType: Codec<Response>;
  readonly responseStream: boolean;
}

export type AnyMethod = MethodDefinition<unknown, unknown>;

/** `fullName` is package and service, as in the path of the request. */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, AnyMethod>>;
}

/** Type of the request messages of a method. */
export type RequestOf<M> = M extends { readonly requestType: Codec<infer T> } ? T : never;
/** Type of the response messages of a method. */
export type ResponseOf<M> = M extends { readonly responseType: Codec<infer T> } ? T : never;

interface Unary {
  readonly requestStream: false;
  readonly responseStream: false;
}
interface ServerStreaming {
  readonly requestStream: false;
  readonly responseStream: true;
}

type KeysOf<S extends ServiceDefinition, Kind> = {
  [K in keyof S["methods"] & string]: S["methods"][K] extends Kind ? K : never;
}[keyof S["methods"] & string];

/** Keys of the methods with one request and one response. */
export type UnaryMethodOf<S extends ServiceDefinition> = KeysOf<S, Unary>;
/** Keys of the methods with one request and many responses. */
export type ServerStreamMethodOf<S extends ServiceDefinition> = KeysOf<S, ServerStreaming>;
/** Keys of all methods. */
export type MethodOf<S extends ServiceDefinition> = keyof S["methods"] & string;

/** Path of a method on the wire. */
export function methodPath(service: ServiceDefinition, method: AnyMethod): string {
  return `/${service.fullName}/${method.name}`;
}
