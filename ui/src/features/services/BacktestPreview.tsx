import { SegmentedControl } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { LineChart } from "@/components/charts/LineChart";
import { DataTable, type Column } from "@/components/DataTable";
import { Figures } from "@/components/Figures";
import { Gain, Money, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState } from "@/components/States";
import { Time } from "@/components/Time";
import { getLatest } from "@/lib/api/prices/getLatest";
import type { Report, Trade } from "@/lib/api/schema";
import { formatMoney, formatPercent, formatRatio, formatSignedPercent, formatWhole } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

import { previewBacktest } from "@/lib/api/backtests/previewBacktest";
import classes from "./NewServicePage.module.css";
import { isTestable, toBacktest, type Settings } from "./settings";

const TYPING_MILLISECONDS = 120;
const HEIGHT = 250;
const SPANS = [
  { value: "1", label: "1 year" },
  { value: "3", label: "3 years" },
  { value: "5", label: "5 years" },
  { value: "", label: "All" },
];

/** What exactly these settings would have made of the past, drawn again while they are typed. */
export function BacktestPreview({ settings }: { settings: Settings }) {
  const [years, setYears] = useState("5");
  const [steady] = useDebouncedValue(settings, TYPING_MILLISECONDS);
  const last = useQuery({ ...getLatest(steady.stock_symbol), enabled: steady.stock_symbol !== "" }).data?.items.find((item) => item.interval === steady.interval);
  const [until] = useState(() => new Map<string, string>());
  // In a replay the last bar moves on: the span stays where it was when the stock was chosen.
  const name = `${steady.stock_symbol} ${steady.interval}`;
  if (last && !until.has(name)) until.set(name, last.timestamp);
  const end = until.get(name);
  const start = years && end ? yearsBefore(end, Number(years)) : null;
  const preview = useQuery({ ...previewBacktest(toBacktest(steady, start)), enabled: isTestable(steady) && end !== undefined, placeholderData: keepPreviousData });
  const report = preview.data;
  return (
    <div className={classes.preview}>
      <Panel title="Backtest of these settings" aside={<SegmentedControl size="xs" aria-label="Span of the backtest" data={SPANS} value={years} onChange={setYears} />}>
        {preview.error && !preview.isFetching ? (
          <ErrorState error={preview.error} retry={() => void preview.refetch()} />
        ) : report ? (
          <div className={preview.isPlaceholderData ? classes.stale : classes.fresh} aria-busy={preview.isFetching} data-testid="preview">
            <Result report={report} />
          </div>
        ) : (
          <div style={{ minHeight: HEIGHT + 150 }}>{!settings.stock_symbol && <EmptyState title="Choose a stock">Its stored prices show what these settings would have done.</EmptyState>}</div>
        )}
      </Panel>
      {report && !preview.error && (
        <Panel title={`Trades (${report.trades.length})`}>
          <div className={classes.trades}>
            <DataTable label="Trades of the backtest" columns={COLUMNS} rows={[...report.trades].reverse()} rowKey={(trade) => trade.entry_date} empty={{ title: "It would not have traded", words: "No entry signal in this span, or the budget was too small for one share." }} />
          </div>
        </Panel>
      )}
    </div>
  );
}

function Result({ report }: { report: Report }) {
  const metrics = report.metrics as Record<string, number | null>;
  const timestamps = useMemo(() => report.dates.map((date) => (date.length === 10 ? `${date}T00:00:00Z` : date)), [report.dates]);
  const lines = useMemo(() => [{ name: "equity", values: report.portfolio_values, tone: "main" as const }], [report.portfolio_values]);
  return (
    <>
      <p className={classes.verdict}>{verdict(report, metrics)}</p>
      <LineChart label={`Backtest of ${report.symbol} from ${formatMoney(report.initial_balance)} to ${formatMoney(report.final_portfolio_value)}`} timestamps={timestamps} lines={lines} height={HEIGHT} />
      <Figures
        items={[
          { label: "End value", value: <Money value={report.final_portfolio_value} /> },
          { label: "Return", value: <Gain value={metrics["total_return_pct"]} percent /> },
          { label: "Buy and hold", value: <Gain value={metrics["buy_and_hold_return_pct"]} percent />, about: "Everything in at the start, same costs, same days" },
          { label: "Deepest fall", value: <Gain value={metrics["max_drawdown_pct"]} percent />, about: "From a peak of the value to the lowest close after it" },
          { label: "Sharpe ratio", value: formatRatio(metrics["sharpe_ratio"]), about: "Mean of the daily returns over their deviation, for a year" },
          { label: "Trades", value: formatWhole(metrics["trades"]), note: metrics["win_rate_pct"] == null ? undefined : `${formatPercent(metrics["win_rate_pct"], 0)} won` },
          { label: "Time invested", value: formatPercent(metrics["exposure_pct"], 0) },
          { label: "Fees", value: <Money value={metrics["fees"]} /> },
        ]}
      />
    </>
  );
}

function verdict(report: Report, metrics: Record<string, number | null>): string {
  const span = `From ${formatMoment(report.start)} to ${formatMoment(report.end)}`;
  const own = metrics["total_return_pct"] ?? 0;
  const held = metrics["buy_and_hold_return_pct"];
  const made = `${span} these settings would have made ${formatSignedPercent(own, 1)}`;
  if (held == null) return `${made}.`;
  return `${made}, ${own >= held ? "more than" : "less than"} the ${formatSignedPercent(held, 1)} of just buying and holding.`;
}

function yearsBefore(moment: string, years: number): string {
  const day = new Date(moment);
  day.setUTCFullYear(day.getUTCFullYear() - years);
  return day.toISOString().slice(0, 10);
}

const COLUMNS: Column<Trade>[] = [
  { key: "entry_date", header: "Bought", cell: (trade) => <Time value={trade.entry_date} /> },
  { key: "entry_price", header: "at", align: "end", cell: (trade) => <Price value={trade.entry_price} /> },
  { key: "shares", header: "Shares", align: "end", from: "roomy", cell: (trade) => <span className="numeric">{trade.shares.toLocaleString("en-US")}</span> },
  { key: "exit_date", header: "Sold", cell: (trade) => <Time value={trade.exit_date} /> },
  { key: "exit_price", header: "at", align: "end", from: "roomy", cell: (trade) => <Price value={trade.exit_price} /> },
  { key: "exit_reason", header: "Because", from: "wide", cell: (trade) => <span className="soft">{trade.exit_reason ?? "still held"}</span> },
  { key: "gain_loss", header: "Gain", align: "end", cell: (trade) => <Gain value={trade.gain_loss} /> },
];
