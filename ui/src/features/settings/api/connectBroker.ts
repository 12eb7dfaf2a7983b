import { call, type Result } from "@/lib/api/client";
import type { NewBrokerCredentialInput } from "@/lib/api/schema";

/** Connect an account, or give it other keys; the broker is asked whether it takes them. */
export function connectBroker(body: NewBrokerCredentialInput): Promise<Result<"POST /brokers">> {
  return call("POST /brokers", { body });
}
