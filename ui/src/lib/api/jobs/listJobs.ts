import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of background work. */
export function listJobs(query: Operations["GET /jobs"]["query"]) {
  return queryOptions({
    queryKey: keys.jobs.list(query),
    queryFn: ({ signal }) => call("GET /jobs", { query, signal }),
  });
}
