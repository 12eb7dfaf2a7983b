import { download } from "@/lib/api/client";

/** The report as one page that can be read anywhere. */
export function downloadReport(id: number): Promise<Blob> {
  return download("GET /backtests/{backtest_id}/report.html", { path: { backtest_id: id } });
}
