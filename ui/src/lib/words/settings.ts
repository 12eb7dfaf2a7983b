import { formatMoney, formatPercent, formatRatio, formatSignedPercent, formatWhole } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

import { strategyTitle } from "./service";

// Settings and figures under the names that traders give them.

const SETTINGS: Record<string, string> = {
  allocation: "Used by one buy",
  fixed_shares: "Shares per buy",
  stop_loss_percent: "Stop-loss",
  take_profit_percent: "Take-profit",
  minimum_balance: "Cash never below",
  gap_reserve_percent: "Kept back for a higher open",
  commission_per_order: "Fee per order",
  commission_per_share: "Fee per share",
  commission_percent: "Fee of the amount",
  commission_minimum: "Fee at least",
  slippage_bps: "Slippage",
  volume_limit_percent: "Of a bar's volume, at most",
  buy_threshold: "Buy threshold",
  sell_threshold: "Sell threshold",
  initial_balance: "Budget",
  fill: "Orders fill",
  prices: "Prices",
  start: "From",
  end: "To",
  data_hash: "Prices of",
  engine_version: "Rules of version",
};
// As a backtest's body and the axes of a sweep call them.
const SHORT: Record<string, string> = { stop_loss: "stop_loss_percent", take_profit: "take_profit_percent", shares: "fixed_shares", gap_reserve: "gap_reserve_percent", volume_limit: "volume_limit_percent" };

// What it means that one is not set.
const UNSET: Record<string, string> = { fixed_shares: "by budget", volume_limit_percent: "no limit" };

/** A setting as a title. */
export function settingTitle(name: string): string {
  const known = SETTINGS[SHORT[name] ?? name];
  if (known) return known;
  const listed = /^combinations\.(\d+)(?:\.(.+))?$/.exec(name);
  if (listed) return `Combination ${Number(listed[1]) + 1}${listed[2] ? `, ${settingTitle(listed[2])}` : ""}`;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The value of a setting. */
export function settingValue(name: string, value: unknown): string {
  const long = SHORT[name] ?? name;
  if (value === null && long === "start") return "the first bar";
  if (value === null && long === "end") return "the last bar";
  if (value === null || value === undefined) return UNSET[long] ?? "–";
  if (long === "fill") return value === "close" ? "at the same close" : "at the next open";
  if (long === "prices") return value === "adjusted" ? "adjusted" : "as traded";
  if (long === "strategy") return strategyTitle(value as string);
  if ((long === "start" || long === "end") && typeof value === "string") return formatMoment(value);
  if (typeof value !== "number") return typeof value === "string" || typeof value === "boolean" ? String(value) : JSON.stringify(value);
  if (long === "allocation") return `${plain(value * 100)}\u202f%`;
  if ((long === "stop_loss_percent" || long === "take_profit_percent") && value === 0) return "off";
  if (long.endsWith("_percent") || long.endsWith("_threshold")) return `${plain(value)}\u202f%`;
  if (long === "slippage_bps") return `${plain(value)} bp`;
  return plain(value);
}

/** Settings in one line. */
export function settingsLine(params: Record<string, unknown>): string {
  return Object.entries(params)
    .map(([name, value]) => `${settingTitle(name)} ${settingValue(name, value)}`)
    .join(" · ");
}

export interface Metric {
  name: string;
  title: string;
  about: string;
  format: (value: number | null | undefined) => string;
  isSigned?: boolean;
  /** Where lower is better. */
  isLow?: boolean;
}

const signed = (value: number | null | undefined) => formatSignedPercent(value);

/** The figures of a run, the telling ones first. */
export const METRICS: Metric[] = [
  { name: "total_return_pct", title: "Return", about: "What the whole span made", format: signed, isSigned: true },
  { name: "annualized_return_pct", title: "Return a year", about: "The same, as an even rate a year", format: signed, isSigned: true },
  { name: "max_drawdown_pct", title: "Deepest fall", about: "From a peak of the value to the lowest close after it", format: signed, isSigned: true },
  { name: "sharpe_ratio", title: "Sharpe ratio", about: "Mean of the daily returns over their deviation, for a year", format: formatRatio },
  { name: "sortino_ratio", title: "Sortino ratio", about: "As the Sharpe ratio, counting falls alone as risk", format: formatRatio },
  { name: "calmar_ratio", title: "Calmar ratio", about: "Return a year over the deepest fall", format: formatRatio },
  { name: "profit_factor", title: "Profit factor", about: "Gains of the winning trades over losses of the losing ones", format: formatRatio },
  { name: "win_rate_pct", title: "Trades won", about: "Closed trades that gained", format: (value) => formatPercent(value, 0) },
  { name: "expectancy", title: "Mean gain a trade", about: "After all fees", format: formatMoney, isSigned: true },
  { name: "trades", title: "Trades", about: "Closed ones", format: formatWhole },
  { name: "exposure_pct", title: "Time invested", about: "Share of the sessions with a position", format: (value) => formatPercent(value, 0) },
  { name: "volatility", title: "Volatility", about: "Deviation of the daily returns, for a year", format: (value) => formatPercent(value == null ? value : value * 100), isLow: true },
  { name: "max_drawdown_days", title: "Longest under water", about: "Days from a peak until it was reached again", format: (value) => (value == null ? "–" : `${formatWhole(value)} d`), isLow: true },
  { name: "fees", title: "Fees", about: "All commissions", format: formatMoney, isLow: true },
];

const BY_NAME = new Map(METRICS.map((metric) => [metric.name, metric]));

/** The metrics by which the best of a sweep can be chosen. */
export const RANKING = METRICS.filter((metric) => metric.name !== "trades" && metric.name !== "exposure_pct");

/** A figure's title and format. */
export function metricOf(name: string): Metric {
  return BY_NAME.get(name) ?? { name, title: settingTitle(name), about: "", format: formatRatio };
}

function plain(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}
