import { call, type Result } from "@/lib/api/client";
import type { BuyInput } from "@/lib/api/schema";

/** Buy by hand. */
export function buyShares(body: BuyInput, idempotencyKey: string): Promise<Result<"POST /transactions">> {
  return call("POST /transactions", { body, idempotencyKey });
}
