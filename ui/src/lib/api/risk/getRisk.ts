import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The caller's limits, how much of them is taken, and the kill switches. */
export function getRisk() {
  return queryOptions({ queryKey: keys.risk.own, queryFn: ({ signal }) => call("GET /risk", { signal }) });
}
