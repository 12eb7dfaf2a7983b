import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of orders. */
export function listOrders(query: Operations["GET /orders"]["query"]) {
  return queryOptions({
    queryKey: keys.orders.list(query),
    queryFn: ({ signal }) => call("GET /orders", { query, signal }),
  });
}
