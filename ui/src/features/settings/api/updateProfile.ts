import { call, type Result } from "@/lib/api/client";
import type { ProfileChanges } from "@/lib/api/schema";

/** Change name or mail address. */
export function updateProfile(id: number, body: ProfileChanges): Promise<Result<"PUT /users/{user_id}">> {
  return call("PUT /users/{user_id}", { path: { user_id: id }, body });
}
