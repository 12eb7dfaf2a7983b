import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api/errors";

const RETRIES = 2;

/** The one cache of what the server said. The socket keeps it current; what it missed is asked again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      // What the server refuses it would refuse again; when it is away or busy, patience helps.
      retry: (failures, error) =>
        failures < RETRIES && error instanceof ApiError && (error.isUnreachable || error.status >= 500),
    },
    mutations: { retry: false },
  },
});
