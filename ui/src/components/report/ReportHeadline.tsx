import { useMemo } from "react";

import { Legend } from "@/components/charts/Legend";
import { LineChart, type Line } from "@/components/charts/LineChart";
import { Figures } from "@/components/Figures";
import { Gain, Money } from "@/components/Money";
import type { BacktestEquity, Report } from "@/lib/api/schema";
import { formatMoney, formatPercent, formatRatio, formatWhole } from "@/lib/format/money";

import classes from "./Report.module.css";
import { verdictOf, type Values } from "./verdict";

interface ReportHeadlineProps {
  report: Report;
  /** With it buy and hold is drawn beside, and the fall from the peak below. */
  equity?: BacktestEquity | undefined;
  height: number;
  hasDrawdown?: boolean;
}

const DRAWDOWN_HEIGHT = 110;

/** What a run came to: a sentence, the curve and the figures that tell most. */
export function ReportHeadline({ report, equity, height, hasDrawdown = false }: ReportHeadlineProps) {
  const figures = report.metrics as Values;
  const timestamps = useMemo(() => report.dates.map((date) => `${date.slice(0, 10)}T00:00:00Z`), [report.dates]);
  const held = equity?.buy_and_hold_values;
  const lines = useMemo<Line[]>(
    () => [
      { name: "Portfolio", values: report.portfolio_values, tone: "main" },
      ...(held ? [{ name: "Buy and hold", values: held, tone: "second" as const }] : []),
    ],
    [report.portfolio_values, held],
  );
  const falls = useMemo<Line[]>(() => [{ name: "Below its peak", values: equity?.drawdown_pct ?? [], tone: "bad" }], [equity]);
  return (
    <>
      <p className={classes.verdict}>{verdictOf(report)}</p>
      {lines.length > 1 && (
        <div className={classes.chart}>
          <Legend items={lines} />
        </div>
      )}
      <LineChart label={`Value of the portfolio from ${formatMoney(report.initial_balance)} to ${formatMoney(report.final_portfolio_value)}${held ? ", beside buy and hold" : ""}`} timestamps={timestamps} lines={lines} height={height} />
      {hasDrawdown && (
        <>
          <div className={classes.caption}>Below its peak, percent</div>
          <LineChart label={`Fall from the peak, at the deepest ${formatPercent(figures["max_drawdown_pct"])}`} timestamps={timestamps} lines={falls} height={DRAWDOWN_HEIGHT} />
        </>
      )}
      <Figures
        items={[
          { label: "Return", value: <Gain value={figures["total_return_pct"]} percent /> },
          { label: "Buy and hold", value: <Gain value={figures["buy_and_hold_return_pct"]} percent />, about: "Everything in at the start, same costs, same days" },
          { label: "Return a year", value: <Gain value={figures["annualized_return_pct"]} percent /> },
          { label: "Deepest fall", value: <Gain value={figures["max_drawdown_pct"]} percent />, about: "From a peak of the value to the lowest close after it" },
          { label: "Sharpe ratio", value: formatRatio(figures["sharpe_ratio"]), about: "Mean of the daily returns over their deviation, for a year" },
          { label: "Trades", value: formatWhole(figures["trades"]), note: figures["win_rate_pct"] == null ? undefined : `${formatPercent(figures["win_rate_pct"], 0)} won` },
          { label: "Profit factor", value: formatRatio(figures["profit_factor"]), about: "Gains of the winning trades over losses of the losing ones" },
          { label: "Mean gain a trade", value: <Gain value={figures["expectancy"]} /> },
          { label: "Time invested", value: formatPercent(figures["exposure_pct"], 0) },
          { label: "Fees", value: <Money value={figures["fees"]} /> },
        ]}
      />
    </>
  );
}
