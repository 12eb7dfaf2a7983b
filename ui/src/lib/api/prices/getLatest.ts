import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The last bar of each interval. */
export function getLatest(symbol: string) {
  return queryOptions({
    queryKey: keys.prices.latest(symbol),
    queryFn: ({ signal }) => call("GET /prices/{symbol}/latest", { path: { symbol }, signal }),
  });
}
