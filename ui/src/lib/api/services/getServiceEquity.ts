import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** A service's equity at each session close. */
export function getServiceEquity(id: number) {
  return queryOptions({
    queryKey: keys.services.equity(id),
    queryFn: ({ signal }) => call("GET /services/{service_id}/equity", { path: { service_id: id }, signal }),
  });
}
