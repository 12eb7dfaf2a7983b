import { call, type Result } from "@/lib/api/client";
import type { Limits } from "@/lib/api/schema";

/** Set own limits. */
export function setLimits(body: Limits): Promise<Result<"PUT /risk">> {
  return call("PUT /risk", { body });
}
