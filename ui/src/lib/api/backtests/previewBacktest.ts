import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { Backtest } from "@/lib/api/schema";

/** The backtest of settings that are still being typed; it is given up when they change again. */
export function previewBacktest(body: Backtest) {
  return queryOptions({
    queryKey: keys.backtests.preview(body),
    queryFn: ({ signal }) => call("POST /backtests/preview", { body, signal }),
    staleTime: 5 * 60_000,
    retry: false,
  });
}
