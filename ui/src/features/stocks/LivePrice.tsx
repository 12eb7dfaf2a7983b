import { useQuery } from "@tanstack/react-query";

import { Gain, Price } from "@/components/Money";
import { Time } from "@/components/Time";
import { getLatest } from "@/lib/api/prices/getLatest";
import type { LatestBar } from "@/lib/api/schema";

/** The newest bar of a stock, whatever its interval; the socket keeps it current. */
function useLastBar(symbol: string): LatestBar | undefined {
  const { data } = useQuery({ ...getLatest(symbol), staleTime: 60_000 });
  return data?.items.reduce<LatestBar | undefined>((newest, bar) => (!newest || bar.timestamp > newest.timestamp ? bar : newest), undefined);
}

export function LastPrice({ symbol }: { symbol: string }) {
  return <Price value={useLastBar(symbol)?.close} />;
}

export function LastChange({ symbol }: { symbol: string }) {
  const bar = useLastBar(symbol);
  const percent = bar?.open && bar.close !== null ? (bar.close / bar.open - 1) * 100 : null;
  return <Gain value={percent} percent />;
}

export function LastBar({ symbol }: { symbol: string }) {
  return <Time value={useLastBar(symbol)?.timestamp} />;
}
