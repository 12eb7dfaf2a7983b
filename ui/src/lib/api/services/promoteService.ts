import { call, type Result } from "@/lib/api/client";

/** The owner's word that the service may trade real money, with this backtest pinned. */
export function promoteService(id: number, backtestId: number): Promise<Result<"POST /services/{service_id}/promote">> {
  return call("POST /services/{service_id}/promote", { path: { service_id: id }, body: { backtest_id: backtestId, confirm: true } });
}
