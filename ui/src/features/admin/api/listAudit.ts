import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Operations } from "@/lib/api/schema";

/** Who tried what. */
export function listAudit(query: Operations["GET /system/audit-log"]["query"]) {
  return queryOptions({
    queryKey: keys.admin.audit(query),
    queryFn: ({ signal }) => call("GET /system/audit-log", { query, signal }),
  });
}
