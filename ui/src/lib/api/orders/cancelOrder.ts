import { call, type Result } from "@/lib/api/client";

/** Take back what has not filled of an order; a real broker is asked to. */
export function cancelOrder(id: number): Promise<Result<"POST /orders/{order_id}/cancel">> {
  return call("POST /orders/{order_id}/cancel", { path: { order_id: id } });
}
