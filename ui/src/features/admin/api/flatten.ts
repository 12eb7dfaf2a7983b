import { call, type Result } from "@/lib/api/client";

/** Pause every service, cancel entries and sell every position. */
export function flatten(): Promise<Result<"POST /system/engine/flatten">> {
  return call("POST /system/engine/flatten", {});
}
