import { call, type Result } from "@/lib/api/client";

/** Remove a service that never traded. */
export function deleteService(id: number): Promise<Result<"DELETE /services/{service_id}">> {
  return call("DELETE /services/{service_id}", { path: { service_id: id } });
}
