import { call, type Result } from "@/lib/api/client";
import type { InviteInput } from "@/lib/api/schema";

/** Open an account for somebody, who chooses the password by a link. */
export function inviteUser(body: InviteInput): Promise<Result<"POST /users">> {
  return call("POST /users", { body });
}
