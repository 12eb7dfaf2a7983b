import { call, type Result } from "@/lib/api/client";

/** Buy again in an account that was stopped for an order which is in no book. */
export function resumeBroker(id: number): Promise<Result<"POST /brokers/{credential_id}/resume">> {
  return call("POST /brokers/{credential_id}/resume", { path: { credential_id: id } });
}
