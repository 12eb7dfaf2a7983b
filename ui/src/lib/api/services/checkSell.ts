import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Whether a service would sell on the last bar. */
export function checkSell(id: number) {
  return queryOptions({
    queryKey: keys.services.check(id, "sell"),
    queryFn: ({ signal }) => call("GET /services/{service_id}/check-sell", { path: { service_id: id }, signal }),
  });
}
