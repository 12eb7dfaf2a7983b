import { call, type Result } from "@/lib/api/client";

/** Let the caller's services buy again. */
export function release(): Promise<Result<"POST /risk/release">> {
  return call("POST /risk/release", {});
}
