import { call, type Result } from "@/lib/api/client";

/** Sell by hand. */
export function completeTransaction(id: number, salePrice: number | null, idempotencyKey: string): Promise<Result<"POST /transactions/{transaction_id}/complete">> {
  return call("POST /transactions/{transaction_id}/complete", { path: { transaction_id: id }, body: { sale_price: salePrice }, idempotencyKey });
}
