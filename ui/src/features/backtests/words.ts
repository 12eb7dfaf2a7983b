import type { MemberResult, Report } from "@/lib/api/schema";
import { formatMoney, formatSignedPercent } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

export type Figures = Record<string, number | null>;

/** What a run came to, and what doing nothing clever would have. */
export function verdictOf(report: Report): string {
  const figures = report.metrics as Figures;
  const own = figures["total_return_pct"] ?? 0;
  const held = figures["buy_and_hold_return_pct"];
  const made = `From ${formatMoment(report.start)} to ${formatMoment(report.end)}, ${formatMoney(report.initial_balance)} became ${formatMoney(report.final_portfolio_value)}: ${formatSignedPercent(own, 1)}`;
  if (held == null) return `${made}.`;
  return `${made}, ${own >= held ? "more than" : "less than"} the ${formatSignedPercent(held, 1)} of just buying and holding.`;
}

/** The members of a portfolio; a report of one stock has none. */
export function membersOf(report: Report): MemberResult[] {
  return report.members ?? [];
}

/** How much depends on what a bar does not tell: which of stop and target came first. */
export function ambiguityOf(report: Report): { sentence: string; low: number | null; high: number | null } {
  const figures = report.metrics as Figures;
  const count = figures["ambiguous_bars"] ?? 0;
  const [stops, targets] = [figures["total_return_pct"] ?? null, figures["target_first_return_pct"] ?? null];
  if (count === 0) return { sentence: "No bar touched both stop and target: the result does not depend on which came first.", low: null, high: null };
  const bars = count === 1 ? "1 bar" : `${count.toLocaleString("en-US")} bars`;
  return {
    sentence: `On ${bars} both stop and target were touched, and the prices do not tell which came first. Everything here counts the stop first, the cautious reading.`,
    low: stops,
    high: targets,
  };
}
