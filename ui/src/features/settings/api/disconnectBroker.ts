import { call, type Result } from "@/lib/api/client";

/** Forget the keys to an account. */
export function disconnectBroker(id: number): Promise<Result<"DELETE /brokers/{credential_id}">> {
  return call("DELETE /brokers/{credential_id}", { path: { credential_id: id } });
}
