import { call, type Result } from "@/lib/api/client";
import type { ScanInput } from "@/lib/api/schema";

/** Ask a strategy for its word on the last bar of every stock, as a job. */
export function startScan(body: ScanInput): Promise<Result<"POST /scans">> {
  return call("POST /scans", { body });
}
