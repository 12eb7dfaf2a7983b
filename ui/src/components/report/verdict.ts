import type { Report } from "@/lib/api/schema";
import { formatMoney, formatSignedPercent } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

export type Values = Record<string, number | null>;

/** What a run came to, and what doing nothing clever would have. */
export function verdictOf(report: Report): string {
  const figures = report.metrics as Values;
  const own = figures["total_return_pct"] ?? 0;
  const held = figures["buy_and_hold_return_pct"];
  const made = `From ${formatMoment(report.start)} to ${formatMoment(report.end)}, ${formatMoney(report.initial_balance)} became ${formatMoney(report.final_portfolio_value)}: ${formatSignedPercent(own, 1)}`;
  if (held == null) return `${made}.`;
  return `${made}, ${own >= held ? "more than" : "less than"} the ${formatSignedPercent(held, 1)} of just buying and holding.`;
}
