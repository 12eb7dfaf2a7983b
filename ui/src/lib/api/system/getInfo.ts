import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** What runs here. */
export function getInfo() {
  return queryOptions({
    queryKey: keys.system.info,
    queryFn: ({ signal }) => call("GET /system/info", { signal }),
  });
}
