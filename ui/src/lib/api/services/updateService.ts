import { call, type Result } from "@/lib/api/client";
import type { ServiceChanges } from "@/lib/api/schema";

/** Change settings; they hold from the next bar. */
export function updateService(id: number, body: ServiceChanges): Promise<Result<"PATCH /services/{service_id}">> {
  return call("PATCH /services/{service_id}", { path: { service_id: id }, body });
}
