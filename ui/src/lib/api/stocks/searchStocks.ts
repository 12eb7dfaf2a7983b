import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Stocks by part of symbol or name. */
export function searchStocks(words: string) {
  return queryOptions({
    queryKey: keys.stocks.search(words),
    queryFn: ({ signal }) => call("GET /stocks/search", { query: { q: words, limit: 20 }, signal }),
  });
}
