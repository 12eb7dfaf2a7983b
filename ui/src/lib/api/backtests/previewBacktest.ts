import { queryOptions } from "@tanstack/react-query";

import { call } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import type { Backtest } from "@/lib/api/schema";

const MOST_TRIES = 3;

/** The backtest of settings that are still being typed; it is given up when they change again. */
export function previewBacktest(body: Backtest) {
  return queryOptions({
    queryKey: keys.backtests.preview(body),
    // What was given up may reach the server after what follows it: the moment says which is the newer one.
    queryFn: ({ signal }) => call("POST /backtests/preview", { query: { asked_at: Date.now() }, body, signal }),
    staleTime: 5 * 60_000,
    // Another tab has asked for a preview of its own.
    retry: (failures, error) => error instanceof ApiError && error.code === "superseded" && failures < MOST_TRIES,
  });
}
