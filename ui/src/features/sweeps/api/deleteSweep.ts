import { call, type Result } from "@/lib/api/client";

/** Remove a sweep that is done. */
export function deleteSweep(id: number): Promise<Result<"DELETE /sweeps/{sweep_id}">> {
  return call("DELETE /sweeps/{sweep_id}", { path: { sweep_id: id } });
}
