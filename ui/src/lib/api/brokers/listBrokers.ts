import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

/** The brokers that can be connected, and the caller's accounts there, without their keys. */
export function listBrokers() {
  return queryOptions({ queryKey: keys.brokers, queryFn: ({ signal }) => call("GET /brokers", { signal }) });
}
