import { call, type Result } from "@/lib/api/client";
import type { ChangePasswordInput } from "@/lib/api/schema";

/** Another password; every other login ends. */
export function changePassword(body: ChangePasswordInput): Promise<Result<"POST /users/change-password">> {
  return call("POST /users/change-password", { body });
}
