import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The limits of all services together, how much is taken, and the kill switch. */
export function getLimits() {
  return queryOptions({ queryKey: keys.risk.installation, queryFn: ({ signal }) => call("GET /system/engine/limits", { signal }) });
}
