import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { DataTable, type Column } from "@/components/DataTable";
import { Gain, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { ReportPreview } from "@/components/report/ReportPreview";
import { EmptyState } from "@/components/States";
import { Time } from "@/components/Time";
import { getLatest } from "@/lib/api/prices/getLatest";
import type { Trade } from "@/lib/api/schema";

import classes from "./NewServicePage.module.css";
import { isTestable, toBacktest, type Settings } from "./settings";

const HEIGHT = 250;
const SPANS = [
  { value: "1", label: "1 year" },
  { value: "3", label: "3 years" },
  { value: "5", label: "5 years" },
  { value: "", label: "All" },
];

/** The backtest of a service's settings up to the last bar, and its trades. */
export function BacktestPreview({ settings }: { settings: Settings }) {
  const [years, setYears] = useState("5");
  const latest = useQuery({ ...getLatest(settings.symbol), enabled: settings.symbol !== "" });
  const last = latest.data?.items.find((item) => item.interval === settings.interval);
  const [until] = useState(() => new Map<string, string>());
  // A replay has not come further than this, and moves on: the span stays where it was when the stock was chosen.
  const name = `${settings.symbol} ${settings.interval}`;
  if (last && !until.has(name)) until.set(name, last.timestamp);
  const end = until.get(name);
  const body = end !== undefined && isTestable(settings) ? toBacktest(settings, years ? yearsBefore(end, Number(years)) : "", end.slice(0, 10)) : null;
  return (
    <ReportPreview
      title="Backtest of these settings"
      aside={<SegmentedControl size="xs" aria-label="Span of the backtest" data={SPANS} value={years} onChange={setYears} />}
      body={body}
      empty={settings.symbol === "" ? CHOOSE : latest.data && !last ? <EmptyState title={`No prices of ${settings.symbol} in these bars`}>There is nothing to test yet. The service begins when there are some.</EmptyState> : null}
      height={HEIGHT}
    >
      {(report) => (
        <Panel title={`Trades (${report.trades.length})`}>
          <div className={classes.trades}>
            <DataTable label="Trades of the backtest" columns={COLUMNS} rows={[...report.trades].reverse()} rowKey={(trade) => trade.entry_date} empty={{ title: "It would not have traded", words: "No entry signal in this span, or the budget was too small for one share." }} />
          </div>
        </Panel>
      )}
    </ReportPreview>
  );
}

const CHOOSE = <EmptyState title="Choose a stock">Its stored prices show what these settings would have done.</EmptyState>;

function yearsBefore(moment: string, years: number): string {
  const day = new Date(moment);
  day.setUTCFullYear(day.getUTCFullYear() - years);
  return day.toISOString().slice(0, 10);
}

const COLUMNS: Column<Trade>[] = [
  { key: "entry_date", header: "Bought", cell: (trade) => <Time value={trade.entry_date} /> },
  { key: "entry_price", header: "Price", align: "end", cell: (trade) => <Price value={trade.entry_price} /> },
  { key: "shares", header: "Shares", align: "end", from: "roomy", cell: (trade) => <span className="numeric">{trade.shares.toLocaleString("en-US")}</span> },
  { key: "exit_date", header: "Sold", cell: (trade) => <Time value={trade.exit_date} /> },
  { key: "exit_price", header: "Price", align: "end", from: "roomy", cell: (trade) => <Price value={trade.exit_price} /> },
  { key: "exit_reason", header: "Because", from: "roomy", cell: (trade) => <span className="soft">{trade.exit_reason ?? "still held"}</span> },
  { key: "gain_loss", header: "Gain", align: "end", cell: (trade) => <Gain value={trade.gain_loss} /> },
];
