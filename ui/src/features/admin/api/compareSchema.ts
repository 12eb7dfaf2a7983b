import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The models against the database. */
export function compareSchema() {
  return queryOptions({
    queryKey: keys.admin.schema,
    queryFn: ({ signal }) => call("GET /system/database/schema", { signal }),
  });
}
