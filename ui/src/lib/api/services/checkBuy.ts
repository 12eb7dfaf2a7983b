import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Whether a service would buy on the last bar. */
export function checkBuy(id: number) {
  return queryOptions({
    queryKey: keys.services.check(id, "buy"),
    queryFn: ({ signal }) => call("GET /services/{service_id}/check-buy", { path: { service_id: id }, signal }),
  });
}
