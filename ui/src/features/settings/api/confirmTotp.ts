import { call, type Result } from "@/lib/api/client";

/** Put the second factor in force. */
export function confirmTotp(code: string): Promise<Result<"POST /auth/totp/confirm">> {
  return call("POST /auth/totp/confirm", { body: { code } });
}
