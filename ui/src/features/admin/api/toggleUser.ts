import { call, type Result } from "@/lib/api/client";

/** Shut an account, with its logins, or open it again. */
export function toggleUser(id: number): Promise<Result<"POST /users/{user_id}/toggle-active">> {
  return call("POST /users/{user_id}/toggle-active", { path: { user_id: id } });
}
