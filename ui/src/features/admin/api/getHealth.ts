import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Whether the parts of the server are well. */
export function getHealth() {
  return queryOptions({
    queryKey: keys.admin.health,
    queryFn: ({ signal }) => call("GET /system/health", { signal }),
  });
}
