import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of the sweeps. */
export function listSweeps(query: Operations["GET /sweeps"]["query"]) {
  return queryOptions({
    queryKey: keys.sweeps.list(query),
    queryFn: ({ signal }) => call("GET /sweeps", { query, signal }),
  });
}
