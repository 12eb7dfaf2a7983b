import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** What a service decided, and why. */
export function listDecisions(id: number, query: Operations["GET /services/{service_id}/decisions"]["query"]) {
  return queryOptions({
    queryKey: keys.services.decisionList(id, query),
    queryFn: ({ signal }) => call("GET /services/{service_id}/decisions", { path: { service_id: id }, query, signal }),
  });
}
