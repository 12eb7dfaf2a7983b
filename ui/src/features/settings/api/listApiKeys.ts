import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";

export const API_KEYS = ["api-keys"] as const;

/** The keys of the caller, without their secrets. */
export function listApiKeys(userId: number) {
  return queryOptions({
    queryKey: [...API_KEYS, userId],
    queryFn: ({ signal }) => call("GET /auth/api-keys", { query: { user_id: userId, page_size: 100 }, signal }),
  });
}
