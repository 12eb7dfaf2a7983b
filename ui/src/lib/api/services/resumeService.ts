import { call, type Result } from "@/lib/api/client";

/** Let a paused service go on. */
export function resumeService(id: number): Promise<Result<"POST /services/{service_id}/resume">> {
  return call("POST /services/{service_id}/resume", { path: { service_id: id } });
}
