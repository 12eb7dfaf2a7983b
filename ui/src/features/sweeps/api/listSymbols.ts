import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** The stocks of a sweep, each judged alone. */
export function listSymbols(id: number, query: Operations["GET /sweeps/{sweep_id}/symbols"]["query"]) {
  return queryOptions({
    queryKey: keys.sweeps.symbols(id, query),
    queryFn: ({ signal }) => call("GET /sweeps/{sweep_id}/symbols", { path: { sweep_id: id }, query, signal }),
    staleTime: Infinity, // what is done does not change
  });
}
