import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** Dividends and splits, those that are held back among them. */
export function listActions(query: Operations["GET /corporate-actions"]["query"]) {
  return queryOptions({
    queryKey: keys.admin.actions(query),
    queryFn: ({ signal }) => call("GET /corporate-actions", { query, signal }),
  });
}
