import { call, type Result } from "@/lib/api/client";

/** Go on where the engine was paused. */
export function resumeEngine(): Promise<Result<"POST /system/engine/resume">> {
  return call("POST /system/engine/resume", {});
}
