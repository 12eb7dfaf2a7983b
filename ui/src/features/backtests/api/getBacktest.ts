import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** A stored backtest as it was made. */
export function getBacktest(id: number) {
  return queryOptions({
    queryKey: keys.backtests.one(id),
    queryFn: ({ signal }) => call("GET /backtests/{backtest_id}", { path: { backtest_id: id }, signal }),
  });
}
