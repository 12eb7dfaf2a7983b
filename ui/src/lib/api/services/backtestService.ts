import { call, type Result } from "@/lib/api/client";

/** Run and keep the backtest of a service's present settings over all its prices. */
export function backtestService(id: number): Promise<Result<"POST /services/{service_id}/backtest">> {
  return call("POST /services/{service_id}/backtest", { path: { service_id: id }, body: {} });
}
