import { download } from "@/lib/api/client";
import type { Interval } from "@/lib/live/useBars";

/** The stored prices of a stock as a file. */
export function exportPrices(symbol: string, interval: Interval, format: "csv" | "parquet" | "json"): Promise<Blob> {
  return download("GET /prices/{symbol}/export", { path: { symbol }, query: { interval, format } });
}
