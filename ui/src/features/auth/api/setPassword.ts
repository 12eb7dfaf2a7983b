import { call, type Result } from "@/lib/api/client";
import type { SetPasswordInput } from "@/lib/api/schema";

/** Choose a password with the token of a one-time link. */
export function setPassword(body: SetPasswordInput): Promise<Result<"POST /auth/set-password">> {
  return call("POST /auth/set-password", { body });
}
