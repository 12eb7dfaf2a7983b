import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The settings in force; of secrets only whether they are set. */
export function getConfig() {
  return queryOptions({
    queryKey: keys.admin.config,
    queryFn: ({ signal }) => call("GET /system/config", { signal }),
  });
}
