import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";

export const NOTIFICATIONS = ["notifications"] as const;

/** Where the caller is told outside of DayTrader, without the addresses. */
export function listNotifications() {
  return queryOptions({
    queryKey: NOTIFICATIONS,
    queryFn: ({ signal }) => call("GET /notifications", { signal }),
  });
}
