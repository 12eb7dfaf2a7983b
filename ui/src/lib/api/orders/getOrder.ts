import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** One order with its history and fills. */
export function getOrder(id: number) {
  return queryOptions({
    queryKey: keys.orders.one(id),
    queryFn: ({ signal }) => call("GET /orders/{order_id}", { path: { order_id: id }, signal }),
  });
}
