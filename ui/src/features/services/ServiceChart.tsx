import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { PriceChart, type Level, type Mark } from "@/components/charts/PriceChart";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState } from "@/components/States";
import type { Service, Transaction } from "@/lib/api/schema";
import { listTransactions } from "@/lib/api/transactions/listTransactions";
import { useBars, type Interval } from "@/lib/live/useBars";

const HEIGHT = 380;

/** The bars that the service reads, with its buys and sells, and the levels of the open position. */
export function ServiceChart({ service }: { service: Service }) {
  const interval = (service.interval === 0 ? "daily" : String(service.interval)) as Interval;
  const { bars, isEmpty, error, retry } = useBars(service.stock_symbol, interval);
  const trades = useQuery(listTransactions({ service_id: service.id, sort: "id", order: "desc", page_size: 100 }));
  const marks = useMemo(() => marksOf(trades.data?.items ?? []), [trades.data]);
  const open = trades.data?.items.find((transaction) => transaction.state === "OPEN");
  const levels = useMemo(
    () => levelsOf(service.current_shares > 0, open?.purchase_price, service.stop_price, service.target_price),
    [service.current_shares, open?.purchase_price, service.stop_price, service.target_price],
  );
  return (
    <Panel>
      {bars ? (
        <PriceChart symbol={service.stock_symbol} height={HEIGHT} bars={bars} marks={marks} levels={levels} />
      ) : (
        <div style={{ minHeight: HEIGHT }}>
          {error ? <ErrorState error={error} retry={retry} /> : isEmpty ? <EmptyState title={`No prices of ${service.stock_symbol} yet`}>The service begins when there are some.</EmptyState> : null}
        </div>
      )}
    </Panel>
  );
}

function marksOf(transactions: Transaction[]): Mark[] {
  return transactions
    .filter((transaction) => transaction.state !== "CANCELLED")
    .flatMap((transaction): Mark[] => [
      { time: transaction.purchase_date, side: "BUY" },
      ...(transaction.sale_date ? [{ time: transaction.sale_date, side: "SELL" as const, isLoss: (transaction.gain_loss ?? 0) < 0 }] : []),
    ]);
}

function levelsOf(isHeld: boolean, entry: number | undefined, stop: number | null, target: number | null): Level[] {
  if (!isHeld) return [];
  return [
    ...(entry ? [{ price: entry, label: "Entry", tone: "entry" as const }] : []),
    ...(stop ? [{ price: stop, label: "Stop", tone: "stop" as const }] : []),
    ...(target ? [{ price: target, label: "Target", tone: "target" as const }] : []),
  ];
}
