import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** Bars in columns, oldest first. */
export function getHistory(symbol: string, query: Operations["GET /prices/{symbol}/history"]["query"]) {
  return queryOptions({
    queryKey: keys.prices.history(symbol, query),
    queryFn: ({ signal }) => call("GET /prices/{symbol}/history", { path: { symbol }, query, signal }),
  });
}
