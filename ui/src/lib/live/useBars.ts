import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { getHistory } from "@/lib/api/prices/getHistory";
import { getLatest } from "@/lib/api/prices/getLatest";
import { barMinutes, barTime, type PriceBar } from "@/lib/socket/protocol";
import { useLiveEvent } from "@/lib/socket/useLive";

import { extend, type Columns } from "./extend";

export type Interval = "1" | "5" | "15" | "30" | "60" | "daily";

/** The bars that the market knows, growing as new ones arrive; of a replay nothing is shown that is still to come. */
export function useBars(symbol: string, interval: Interval) {
  const minutes = interval === "daily" ? 0 : Number(interval);
  const latest = useQuery(getLatest(symbol));
  const known = latest.data?.items.find((item) => item.interval === minutes)?.timestamp ?? null;
  const [end, setEnd] = useState<{ of: string; at: string } | null>(null);
  const name = `${symbol} ${interval}`;
  // The end is fixed when the chart opens: from there on events carry it further.
  if (known && end?.of !== name) setEnd({ of: name, at: known });
  const until = end?.of === name ? end.at : null;
  const history = useQuery({
    ...getHistory(symbol, { interval, ...(until ? { end: until.slice(0, 10) } : {}) }),
    enabled: until !== null,
    staleTime: 60_000,
  });
  const [heard, setHeard] = useState<PriceBar[]>([]);
  useLiveEvent("price:update", ({ entity, action }) => {
    if (entity.symbol !== symbol || barMinutes(entity) !== minutes || action === "deleted") return;
    setHeard((bars) => [...bars.filter((bar) => bar.symbol === symbol && barMinutes(bar) === minutes && barTime(bar) !== barTime(entity)), entity]);
  });
  const bars = useMemo(() => (history.data ? extend(history.data as Columns, heard, symbol, minutes) : undefined), [history.data, heard, symbol, minutes]);
  const isEmpty = latest.isSuccess && known === null;
  return { bars, isEmpty, until, error: latest.error ?? history.error, retry: () => void (latest.error ? latest.refetch() : history.refetch()) };
}
