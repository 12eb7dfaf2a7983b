import { call, type Result } from "@/lib/api/client";
import type { Limits } from "@/lib/api/schema";

/** Set the limits of all services together. */
export function setAllLimits(body: Limits): Promise<Result<"PUT /system/engine/limits">> {
  return call("PUT /system/engine/limits", { body });
}
