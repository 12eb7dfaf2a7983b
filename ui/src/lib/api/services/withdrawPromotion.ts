import { call, type Result } from "@/lib/api/client";

/** Take the word back: nothing buys any more where the service trades live. */
export function withdrawPromotion(id: number): Promise<Result<"DELETE /services/{service_id}/promote">> {
  return call("DELETE /services/{service_id}/promote", { path: { service_id: id } });
}
