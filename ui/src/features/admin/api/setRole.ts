import { call, type Result } from "@/lib/api/client";

/** Make an admin of a user, or a user of an admin. */
export function setRole(id: number, isAdmin: boolean): Promise<Result<"PUT /users/{user_id}/role">> {
  return call("PUT /users/{user_id}/role", { path: { user_id: id }, body: { is_admin: isAdmin } });
}
