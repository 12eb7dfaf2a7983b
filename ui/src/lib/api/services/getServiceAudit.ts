import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Whether every decision comes out the same when it is made once more. */
export function getServiceAudit(id: number) {
  return queryOptions({
    queryKey: keys.services.audit(id),
    queryFn: ({ signal }) =>
      call("GET /services/{service_id}/audit", { path: { service_id: id }, query: { page_size: 1 }, signal }),
  });
}
