import { call, type Result } from "@/lib/api/client";

/** Sign in without a second factor again. */
export function removeTotp(password: string): Promise<Result<"DELETE /auth/totp">> {
  return call("DELETE /auth/totp", { body: { password } });
}
