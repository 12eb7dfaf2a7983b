import { call, type Result } from "@/lib/api/client";

/** Finish the bar in hand, then take no further one. */
export function pauseEngine(): Promise<Result<"POST /system/engine/pause">> {
  return call("POST /system/engine/pause", {});
}
