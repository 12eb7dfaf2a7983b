import { call, type Result } from "@/lib/api/client";

/** Pay a dividend that was held back as too large to be true. */
export function releaseAction(id: number): Promise<Result<"POST /corporate-actions/{action_id}/release">> {
  return call("POST /corporate-actions/{action_id}/release", { path: { action_id: id } });
}
