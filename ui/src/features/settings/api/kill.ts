import { call, type Result } from "@/lib/api/client";
import type { Kill } from "@/lib/api/schema";

/** Let nothing of the caller's buy. */
export function kill(body: Kill): Promise<Result<"POST /risk/kill">> {
  return call("POST /risk/kill", { body });
}
