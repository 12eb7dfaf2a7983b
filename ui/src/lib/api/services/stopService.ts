import { call, type Result } from "@/lib/api/client";

/** Stop a service and keep or sell its position. */
export function stopService(id: number, position: "keep" | "sell"): Promise<Result<"POST /services/{service_id}/stop">> {
  return call("POST /services/{service_id}/stop", { path: { service_id: id }, body: { position } });
}
