import { call } from "@/lib/api/client";
import type { Order, Transaction } from "@/lib/api/schema";

/** Sell by hand: the position on paper, the order that is under way at a real broker. */
export function completeTransaction(id: number, salePrice: number | null, idempotencyKey: string): Promise<Transaction | Order> {
  return call("POST /transactions/{transaction_id}/complete", { path: { transaction_id: id }, body: { sale_price: salePrice }, idempotencyKey });
}
