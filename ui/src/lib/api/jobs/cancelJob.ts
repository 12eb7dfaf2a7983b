import { call, type Result } from "@/lib/api/client";

/** Ask background work to stop. */
export function cancelJob(id: number): Promise<Result<"DELETE /jobs/{job_id}">> {
  return call("DELETE /jobs/{job_id}", { path: { job_id: id } });
}
