import { call, type Result } from "@/lib/api/client";

/** Sign in without a second factor again: its last code is asked for. */
export function removeTotp(password: string, code: string): Promise<Result<"DELETE /auth/totp">> {
  return call("DELETE /auth/totp", { body: { password, code } });
}
