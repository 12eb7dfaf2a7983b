import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** What a sweep of one of its stocks alone finds. */
export function getFindings(id: number, symbol: string) {
  return queryOptions({
    queryKey: keys.sweeps.symbol(id, symbol),
    queryFn: ({ signal }) => call("GET /sweeps/{sweep_id}/symbols/{symbol}", { path: { sweep_id: id, symbol }, signal }),
    staleTime: Infinity, // what is done does not change
  });
}
