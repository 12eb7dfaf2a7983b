import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of the caller's services. */
export function listServices(query: Operations["GET /services"]["query"]) {
  return queryOptions({
    queryKey: keys.services.list(query),
    queryFn: ({ signal }) => call("GET /services", { query, signal }),
  });
}
