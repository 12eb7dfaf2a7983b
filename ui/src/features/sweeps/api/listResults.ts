import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** What the combinations came to. */
export function listResults(id: number, query: Operations["GET /sweeps/{sweep_id}/results"]["query"]) {
  return queryOptions({
    queryKey: keys.sweeps.results(id, query),
    queryFn: ({ signal }) => call("GET /sweeps/{sweep_id}/results", { path: { sweep_id: id }, query, signal }),
    staleTime: Infinity, // what is done does not change
  });
}
