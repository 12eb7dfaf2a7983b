import { settingTitle } from "@/lib/words/settings";

import type { ApiErrorBody } from "./schema";

/** What the server refused, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly fields: Record<string, string[]> = {},
    readonly requestId: string | null = null,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  static unreachable(): ApiError {
    return new ApiError("The server does not answer.", 0, "unreachable");
  }

  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

/** The error that an answer holds, whatever form it has. */
export async function readError(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  try {
    const body = (await response.json()) as Partial<ApiErrorBody>;
    const message = sentence(body.message ?? response.statusText);
    return new ApiError(
      message,
      response.status,
      body.code ?? "unknown",
      body.validation_errors ?? {},
      body.request_id ?? null,
      retryAfter,
    );
  } catch {
    return new ApiError(`The server answered ${response.status}.`, response.status, "unknown", {}, null, retryAfter);
  }
}

/** An error in words for a person, each refused field with its reason. */
export function inWords(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : "Something went wrong.";
  const reasons = Object.entries(error.fields).map(([name, why]) => `${settingTitle(name)} ${why.join(", ")}`);
  return reasons.length > 0 ? sentence(reasons.join("; ")) : error.message;
}

/** For a form: the first reason of each refused field. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(Object.entries(error.fields).map(([name, why]) => [name, sentence(why[0] ?? "is refused")]));
}

function sentence(words: string): string {
  const trimmed = words.trim();
  const ended = /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
