import { call, type Result } from "@/lib/api/client";

/** Say what a service waits for. */
export function setServiceMode(id: number, mode: "BUY" | "SELL" | "HOLD"): Promise<Result<"PUT /services/{service_id}/mode">> {
  return call("PUT /services/{service_id}/mode", { path: { service_id: id }, body: { mode } });
}
