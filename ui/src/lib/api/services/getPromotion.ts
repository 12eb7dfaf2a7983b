import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Whether a service may trade real money; with a backtest, how it would stand with that one pinned. */
export function getPromotion(id: number, backtestId: number | null) {
  return queryOptions({
    queryKey: keys.services.promotion(id, backtestId),
    queryFn: ({ signal }) =>
      call("GET /services/{service_id}/promotion", { path: { service_id: id }, query: backtestId === null ? {} : { backtest_id: backtestId }, signal }),
  });
}
