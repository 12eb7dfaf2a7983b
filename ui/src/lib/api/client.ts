import { session } from "@/lib/auth/session";

import { ApiError, readError } from "./errors";
import { patiently } from "./patiently";
import type { Operations } from "./schema";

const BASE = "/api/v1";

type Operation = keyof Operations;
type OptionalWhenEmpty<Key extends string, Value> = Partial<Value> extends Value
  ? { [K in Key]?: Value }
  : { [K in Key]: Value };

/** What an operation is called with: exactly what the server's Swagger says that it takes. */
export type Arguments<O extends Operation> = OptionalWhenEmpty<"path", Operations[O]["path"]> &
  OptionalWhenEmpty<"query", Operations[O]["query"]> &
  (undefined extends Operations[O]["body"] ? { body?: undefined } : { body: Operations[O]["body"] }) & {
    signal?: AbortSignal;
    /** The same key for each repetition of one wish: the server carries it out once. */
    idempotencyKey?: string;
  };

export type Result<O extends Operation> = Operations[O]["result"];

type Given = {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  idempotencyKey?: string;
};

/** Call an operation as the signed-in user, going on once with a new token where the old one has expired. */
export async function call<O extends Operation>(operation: O, given: Arguments<O>): Promise<Result<O>> {
  const response = await send(operation, given);
  if (response.status === 204) return undefined;
  return (await response.json()) as Result<O>;
}

/** Call an operation whose answer is a file. */
export async function download<O extends Operation>(operation: O, given: Arguments<O>): Promise<Blob> {
  return (await send(operation, given)).blob();
}

/** Call an operation that takes a file. */
export async function upload<O extends Operation>(operation: O, given: Arguments<O>, form: FormData): Promise<Result<O>> {
  return (await (await send(operation, { ...(given as Given), body: form })).json()) as Result<O>;
}

/** The address and the method of an operation. */
export function addressOf(operation: string, path: Given["path"] = {}, query: Given["query"] = {}): [string, string] {
  const [method = "GET", template = ""] = operation.split(" ");
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    words.set(name, String(value));
  }
  const search = words.toString();
  return [method, `${BASE}${filled}${search ? `?${search}` : ""}`];
}

async function send(operation: string, given: Given): Promise<Response> {
  const [method, address] = addressOf(operation, given.path, given.query);
  const isFile = given.body instanceof FormData;
  const attempt = async (token: string | null): Promise<Response> => {
    const headers: Record<string, string> = { "X-Requested-With": "DayTrader" };
    if (token) headers["Authorization"] = `Bearer ${token}`;
    if (given.idempotencyKey) headers["Idempotency-Key"] = given.idempotencyKey;
    if (given.body !== undefined && !isFile) headers["Content-Type"] = "application/json";
    const body = given.body === undefined ? null : isFile ? (given.body as FormData) : JSON.stringify(given.body);
    try {
      return await fetch(address, { method, headers, body, ...(given.signal ? { signal: given.signal } : {}) });
    } catch (error) {
      if (given.signal?.aborted) throw error;
      throw ApiError.unreachable();
    }
  };
  const token = session.token();
  let response = await patiently(() => attempt(token), given.signal);
  if (response.status === 401 && token) {
    const next = await session.refresh(token);
    response = await patiently(() => attempt(next), given.signal);
  }
  if (!response.ok) throw await readError(response);
  return response;
}
