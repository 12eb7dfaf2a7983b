import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** Indicators in columns, row for row with the history. */
export function getIndicators(symbol: string, query: Operations["GET /prices/{symbol}/indicators"]["query"]) {
  return queryOptions({
    queryKey: keys.prices.indicators(symbol, query),
    queryFn: ({ signal }) => call("GET /prices/{symbol}/indicators", { path: { symbol }, query, signal }),
    staleTime: 60_000,
  });
}
