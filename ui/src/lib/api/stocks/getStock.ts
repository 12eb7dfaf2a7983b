import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** One stock by its symbol. */
export function getStock(symbol: string) {
  return queryOptions({
    queryKey: keys.stocks.bySymbol(symbol),
    queryFn: ({ signal }) => call("GET /stocks/symbol/{symbol}", { path: { symbol }, signal }),
  });
}
