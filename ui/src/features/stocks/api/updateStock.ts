import { call, type Result } from "@/lib/api/client";
import type { StockChanges } from "@/lib/api/schema";

/** Change a stock. */
export function updateStock(id: number, body: StockChanges): Promise<Result<"PUT /stocks/{stock_id}">> {
  return call("PUT /stocks/{stock_id}", { path: { stock_id: id }, body });
}
