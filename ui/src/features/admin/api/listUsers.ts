import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** A page of the accounts. */
export function listUsers(query: Operations["GET /users"]["query"]) {
  return queryOptions({
    queryKey: keys.admin.users(query),
    queryFn: ({ signal }) => call("GET /users", { query, signal }),
  });
}
