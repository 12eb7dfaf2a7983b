import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

export type Timeframe = NonNullable<Operations["GET /prices/{symbol}/analysis"]["query"]["timeframe"]>;

/** What technical analysts read from the bars. */
export function getAnalysis(symbol: string, timeframe: Timeframe) {
  return queryOptions({
    queryKey: keys.prices.analysis(symbol, timeframe),
    queryFn: ({ signal }) => call("GET /prices/{symbol}/analysis", { path: { symbol }, query: { timeframe }, signal }),
    staleTime: 30_000,
  });
}
