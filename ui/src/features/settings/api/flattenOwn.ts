import { call, type Result } from "@/lib/api/client";

/** Pause own services and sell own positions. */
export function flattenOwn(): Promise<Result<"POST /risk/flatten">> {
  return call("POST /risk/flatten", {});
}
