import { call, type Result } from "@/lib/api/client";

/** Ask for the secret of a second factor. */
export function enrolTotp(): Promise<Result<"POST /auth/totp">> {
  return call("POST /auth/totp", {  });
}
