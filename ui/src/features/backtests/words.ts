import type { MemberResult, Report } from "@/lib/api/schema";

export type Figures = Record<string, number | null>;

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
