import { call, type Result } from "@/lib/api/client";

/** Remove a stored backtest. */
export function deleteBacktest(id: number): Promise<Result<"DELETE /backtests/{backtest_id}">> {
  return call("DELETE /backtests/{backtest_id}", { path: { backtest_id: id } });
}
