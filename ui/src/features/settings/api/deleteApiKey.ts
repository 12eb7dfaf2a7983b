import { call, type Result } from "@/lib/api/client";

/** Revoke a key. */
export function deleteApiKey(id: number): Promise<Result<"DELETE /auth/api-keys/{key_id}">> {
  return call("DELETE /auth/api-keys/{key_id}", { path: { key_id: id } });
}
