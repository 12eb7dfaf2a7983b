import { call, type Result } from "@/lib/api/client";
import type { ApiKeyInput } from "@/lib/api/schema";

/** Make a key for scripts; it is shown this once. */
export function createApiKey(body: ApiKeyInput): Promise<Result<"POST /auth/api-keys">> {
  return call("POST /auth/api-keys", { body });
}
