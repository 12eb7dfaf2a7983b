import { call, type Result } from "@/lib/api/client";
import type { RegisterInput } from "@/lib/api/schema";

/** Open an account. */
export function register(body: RegisterInput): Promise<Result<"POST /auth/register">> {
  return call("POST /auth/register", { body });
}
