import type { BacktestEquity } from "@/lib/api/schema";

export interface Overlaid {
  timestamps: string[];
  first: (number | null)[];
  second: (number | null)[];
}

/** Two curves over all their sessions, each in percent of what it began with: budgets may differ. */
export function overlay(one: BacktestEquity, two: BacktestEquity, initialOne: number, initialTwo: number): Overlaid {
  const dates = [...new Set([...one.dates, ...two.dates])].sort();
  const column = (curve: BacktestEquity, initial: number) => {
    const known = new Map(curve.dates.map((date, row) => [date, curve.portfolio_values[row]]));
    return dates.map((date) => {
      const value = known.get(date);
      return value === undefined ? null : (value / initial - 1) * 100;
    });
  };
  return {
    timestamps: dates.map((date) => `${date.slice(0, 10)}T00:00:00Z`),
    first: column(one, initialOne),
    second: column(two, initialTwo),
  };
}
