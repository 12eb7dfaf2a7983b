import { call, type Result } from "@/lib/api/client";

/** Suspend an active service; its stop-loss holds. */
export function pauseService(id: number): Promise<Result<"POST /services/{service_id}/pause">> {
  return call("POST /services/{service_id}/pause", { path: { service_id: id } });
}
