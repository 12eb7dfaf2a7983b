import { call, type Result } from "@/lib/api/client";
import type { StockInput } from "@/lib/api/schema";

/** Add a stock. */
export function createStock(body: StockInput): Promise<Result<"POST /stocks">> {
  return call("POST /stocks", { body });
}
