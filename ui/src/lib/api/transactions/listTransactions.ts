import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of transactions. */
export function listTransactions(query: Operations["GET /transactions"]["query"]) {
  return queryOptions({
    queryKey: keys.transactions.list(query),
    queryFn: ({ signal }) => call("GET /transactions", { query, signal }),
  });
}
