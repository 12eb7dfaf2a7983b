import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** What the user asks of own services before they trade real money. */
export function getThresholds() {
  return queryOptions({ queryKey: keys.risk.promotion, queryFn: ({ signal }) => call("GET /risk/promotion", { signal }) });
}
