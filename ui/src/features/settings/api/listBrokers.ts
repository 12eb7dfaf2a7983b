import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";

export const BROKERS = ["brokers"] as const;

/** The brokers that can be connected, and the caller's accounts there, without their keys. */
export function listBrokers() {
  return queryOptions({ queryKey: BROKERS, queryFn: ({ signal }) => call("GET /brokers", { signal }) });
}
