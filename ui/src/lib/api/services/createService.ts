import { call, type Result } from "@/lib/api/client";
import type { ServiceInput } from "@/lib/api/schema";

/** Open a service; it does not trade yet. */
export function createService(body: ServiceInput, idempotencyKey: string): Promise<Result<"POST /services">> {
  return call("POST /services", { body, idempotencyKey });
}
