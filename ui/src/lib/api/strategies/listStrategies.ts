import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** Every strategy with its parameters. */
export function listStrategies() {
  return queryOptions({
    queryKey: keys.strategies,
    queryFn: ({ signal }) => call("GET /strategies", { query: { page_size: 100 }, signal }),
  });
}
