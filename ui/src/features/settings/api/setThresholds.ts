import { call, type Result } from "@/lib/api/client";
import type { ThresholdsChanges } from "@/lib/api/schema";

/** Ask something else of them; all of it the first time. */
export function setThresholds(body: ThresholdsChanges): Promise<Result<"PUT /risk/promotion">> {
  return call("PUT /risk/promotion", { body });
}
