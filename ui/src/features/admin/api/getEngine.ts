import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** What the engine does and where it is. */
export function getEngine() {
  return queryOptions({
    queryKey: keys.admin.engine,
    queryFn: ({ signal }) => call("GET /system/engine", { signal }),
  });
}
