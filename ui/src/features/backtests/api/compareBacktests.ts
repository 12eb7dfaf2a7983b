import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Stored backtests side by side. */
export function compareBacktests(ids: number[]) {
  return queryOptions({
    queryKey: keys.backtests.compare(ids),
    queryFn: ({ signal }) => call("GET /backtests/compare", { query: { ids: ids.join(",") }, signal }),
  });
}
