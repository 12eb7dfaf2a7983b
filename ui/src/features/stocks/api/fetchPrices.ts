import { call, type Result } from "@/lib/api/client";
import type { Fetch } from "@/lib/api/schema";

/** Have prices pulled from a provider. */
export function fetchPrices(symbol: string, body: Fetch, idempotencyKey: string): Promise<Result<"POST /prices/{symbol}/fetch">> {
  return call("POST /prices/{symbol}/fetch", { path: { symbol }, body, idempotencyKey });
}
