import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Dialect, migration and size. */
export function getDatabaseStatus() {
  return queryOptions({
    queryKey: keys.admin.database,
    queryFn: ({ signal }) => call("GET /system/database/status", { signal }),
  });
}
