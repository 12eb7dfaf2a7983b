import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Where the price may go, and how far off such forecasts were. */
export function getForecast(symbol: string, horizon: number) {
  return queryOptions({
    queryKey: keys.prices.forecast(symbol, horizon),
    queryFn: ({ signal }) => call("GET /prices/{symbol}/forecast", { path: { symbol }, query: { horizon }, signal }),
    staleTime: 5 * 60_000,
  });
}
