import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of stocks. */
export function listStocks(query: Operations["GET /stocks"]["query"]) {
  return queryOptions({
    queryKey: keys.stocks.list(query),
    queryFn: ({ signal }) => call("GET /stocks", { query, signal }),
  });
}
