import { call, type Result } from "@/lib/api/client";
import type { Kill } from "@/lib/api/schema";

/** Let nothing buy, of anybody's. */
export function killAll(body: Kill): Promise<Result<"POST /system/engine/kill">> {
  return call("POST /system/engine/kill", { body });
}
