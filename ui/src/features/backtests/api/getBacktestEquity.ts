import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Its value, its drawdown and buy and hold, session by session. */
export function getBacktestEquity(id: number) {
  return queryOptions({
    queryKey: keys.backtests.equity(id),
    queryFn: ({ signal }) => call("GET /backtests/{backtest_id}/equity", { path: { backtest_id: id }, signal }),
  });
}
