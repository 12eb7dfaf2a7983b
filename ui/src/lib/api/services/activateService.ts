import { call, type Result } from "@/lib/api/client";

/** Start a service that is inactive. */
export function activateService(id: number): Promise<Result<"POST /services/{service_id}/activate">> {
  return call("POST /services/{service_id}/activate", { path: { service_id: id } });
}
