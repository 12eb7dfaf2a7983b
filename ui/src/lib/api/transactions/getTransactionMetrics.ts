import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The sum of a service's transactions. */
export function getTransactionMetrics(serviceId: number) {
  return queryOptions({
    queryKey: keys.transactions.metrics(serviceId),
    queryFn: ({ signal }) => call("GET /transactions/services/{service_id}/metrics", { path: { service_id: serviceId }, signal }),
  });
}
