import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of the stored backtests. */
export function listBacktests(query: Operations["GET /backtests"]["query"]) {
  return queryOptions({
    queryKey: keys.backtests.list(query),
    queryFn: ({ signal }) => call("GET /backtests", { query, signal }),
  });
}
