import { call, type Result } from "@/lib/api/client";

/** Void a paper purchase. */
export function cancelTransaction(id: number, reason: string, idempotencyKey: string): Promise<Result<"POST /transactions/{transaction_id}/cancel">> {
  return call("POST /transactions/{transaction_id}/cancel", { path: { transaction_id: id }, body: { reason }, idempotencyKey });
}
