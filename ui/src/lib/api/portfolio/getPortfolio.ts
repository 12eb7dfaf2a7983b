import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** All services together. */
export function getPortfolio() {
  return queryOptions({
    queryKey: keys.portfolio,
    queryFn: ({ signal }) => call("GET /portfolio", { signal }),
  });
}
