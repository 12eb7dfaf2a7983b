import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** How a service has done. */
export function getServiceMetrics(id: number) {
  return queryOptions({
    queryKey: keys.services.metrics(id),
    queryFn: ({ signal }) => call("GET /services/{service_id}/metrics", { path: { service_id: id }, signal }),
  });
}
