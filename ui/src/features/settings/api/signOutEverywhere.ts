import { call, type Result } from "@/lib/api/client";

/** End every login at once. */
export function signOutEverywhere(): Promise<Result<"POST /auth/logout-all">> {
  return call("POST /auth/logout-all", {  });
}
