import { call } from "@/lib/api/client";
import type { BuyInput, Order, Transaction } from "@/lib/api/schema";

/** Buy by hand: the position on paper, the order that is under way at a real broker. */
export function buyShares(body: BuyInput, idempotencyKey: string): Promise<Transaction | Order> {
  return call("POST /transactions", { body, idempotencyKey });
}
