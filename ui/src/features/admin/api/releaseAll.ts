import { call, type Result } from "@/lib/api/client";

/** Let everybody's services buy again. */
export function releaseAll(): Promise<Result<"POST /system/engine/release">> {
  return call("POST /system/engine/release", {});
}
