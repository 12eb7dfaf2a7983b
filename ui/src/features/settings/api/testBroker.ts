import { call, type Result } from "@/lib/api/client";

/** Ask the broker whether it takes the keys and lets the account trade. */
export function testBroker(id: number): Promise<Result<"POST /brokers/{credential_id}/test">> {
  return call("POST /brokers/{credential_id}/test", { path: { credential_id: id } });
}
