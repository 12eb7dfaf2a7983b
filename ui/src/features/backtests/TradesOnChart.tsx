import { SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { PriceChart, type Mark } from "@/components/charts/PriceChart";
import { DataTable, type Column } from "@/components/DataTable";
import { Gain, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState } from "@/components/States";
import { Time } from "@/components/Time";
import { getHistory } from "@/lib/api/prices/getHistory";
import type { Operations, StoredReport, Trade } from "@/lib/api/schema";

import classes from "./Backtests.module.css";
import { membersOf } from "./words";

type Interval = NonNullable<Operations["GET /prices/{symbol}/history"]["query"]["interval"]>;

const HEIGHT = 340;
const WHICH = [
  { value: "all", label: "All" },
  { value: "won", label: "Gains" },
  { value: "lost", label: "Losses" },
];

/** The prices with each buy and sell, and the trades below: one that is chosen is brought into view. */
export function TradesOnChart({ report }: { report: StoredReport }) {
  const members = membersOf(report);
  const [member, setMember] = useState(members[0]?.name ?? "");
  const [chosen, setChosen] = useState<Trade | null>(null);
  const [which, setWhich] = useState("all");
  const own = members.find((one) => one.name === member);
  const symbol = own?.symbol ?? report.symbol;
  const of = useMemo(() => (member ? report.trades.filter((trade) => trade.member === member) : report.trades), [report.trades, member]);
  const isAdjusted = (report.pinned["params"] as Record<string, unknown>)["prices"] === "adjusted";
  const interval = (report.interval === 0 ? "daily" : String(report.interval)) as Interval;
  const history = useQuery({
    ...getHistory(symbol, { interval, start: report.start.slice(0, 10), end: report.end.slice(0, 10), ...(isAdjusted ? { adjusted: true } : {}) }),
    staleTime: Infinity,
  });
  const marks = useMemo(() => of.flatMap(marksOf), [of]);
  const focus = useMemo(() => (chosen ? { from: chosen.entry_date, to: chosen.exit_date ?? report.end } : null), [chosen, report.end]);
  const rows = useMemo(
    () => [...of].reverse().filter((trade) => which === "all" || (which === "won") === ((trade.gain_loss ?? 0) >= 0)),
    [of, which],
  );
  return (
    <>
      <Panel
        title={`${symbol} and what was traded`}
        aside={
          members.length > 0 ? (
            <Select size="xs" aria-label="Member" allowDeselect={false} data={members.map((one) => one.name)} value={member} onChange={(value) => { setMember(value ?? ""); setChosen(null); }} />
          ) : (
            <span className="faint">Choose a trade below to see it here</span>
          )
        }
      >
        {history.data && history.data.timestamps.length > 0 ? (
          <PriceChart symbol={symbol} height={HEIGHT} bars={history.data} marks={marks} focus={focus} />
        ) : (
          <div style={{ minHeight: HEIGHT }}>
            {history.error ? <ErrorState error={history.error} retry={() => void history.refetch()} /> : history.data && <EmptyState title="Its prices are no longer stored">The report itself is whole without them.</EmptyState>}
          </div>
        )}
      </Panel>
      <Panel title={`Trades (${of.length.toLocaleString("en-US")})`} aside={<SegmentedControl size="xs" aria-label="Which trades" data={WHICH} value={which} onChange={setWhich} />}>
        <div className={classes.trades}>
          <DataTable
            label="Trades of the backtest"
            columns={COLUMNS}
            rows={rows}
            rowKey={(trade) => trade.entry_date}
            onChoose={setChosen}
            isSelected={(trade) => trade === chosen}
            empty={which === "all" ? { title: "It would not have traded", words: "No entry signal in this span, or the budget was too small for one share." } : { title: "No such trade" }}
          />
        </div>
      </Panel>
    </>
  );
}

function marksOf(trade: Trade): Mark[] {
  return [
    { time: trade.entry_date, side: "BUY" },
    ...(trade.exit_date ? [{ time: trade.exit_date, side: "SELL" as const, isLoss: (trade.gain_loss ?? 0) < 0 }] : []),
  ];
}

function When({ at, why }: { at: string; why: string | null }) {
  return (
    <div className={classes.two}>
      <Time value={at} />
      {why && <span className={classes.why} title={why}>{why}</span>}
    </div>
  );
}

const COLUMNS: Column<Trade>[] = [
  { key: "entry_date", header: "Bought", cell: (trade) => <When at={trade.entry_date} why={trade.entry_reason} /> },
  { key: "entry_price", header: "Price", align: "end", from: "roomy", cell: (trade) => <Price value={trade.entry_price} /> },
  { key: "shares", header: "Shares", align: "end", from: "roomy", cell: (trade) => <span className="numeric">{trade.shares.toLocaleString("en-US")}</span> },
  { key: "exit_date", header: "Sold", cell: (trade) => (trade.exit_date ? <When at={trade.exit_date} why={trade.exit_reason} /> : <span className="faint">still held</span>) },
  { key: "exit_price", header: "Price", align: "end", from: "roomy", cell: (trade) => <Price value={trade.exit_price} /> },
  { key: "gain_loss_pct", header: "Gain, %", align: "end", from: "roomy", cell: (trade) => <Gain value={trade.gain_loss_pct} percent bare /> },
  { key: "gain_loss", header: "Gain", align: "end", cell: (trade) => <Gain value={trade.gain_loss} /> },
];
