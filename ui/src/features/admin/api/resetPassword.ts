import { call, type Result } from "@/lib/api/client";

/** Make a new one-time link; the old one works no more. */
export function resetPassword(id: number): Promise<Result<"POST /users/{user_id}/reset-password">> {
  return call("POST /users/{user_id}/reset-password", { path: { user_id: id } });
}
