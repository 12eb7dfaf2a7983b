import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { SweepInput } from "@/lib/api/schema";

/** What a search would take, without running it. */
export function estimateSweep(body: SweepInput) {
  return queryOptions({
    queryKey: keys.sweeps.estimate(body),
    queryFn: ({ signal }) => call("POST /sweeps", { query: { dry_run: true }, body, signal }),
    staleTime: 60_000,
    retry: false,
  });
}
