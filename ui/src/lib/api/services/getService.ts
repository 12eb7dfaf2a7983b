import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** One service. */
export function getService(id: number) {
  return queryOptions({
    queryKey: keys.services.one(id),
    queryFn: ({ signal }) => call("GET /services/{service_id}", { path: { service_id: id }, signal }),
  });
}
