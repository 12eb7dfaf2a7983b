// The return of each calendar month, as the report counts it: the first from the initial balance.

export interface Year {
  year: number;
  /** January to December in percent; null where there was no session. */
  months: (number | null)[];
  whole: number;
}

export function monthlyReturns(dates: string[], values: number[], initial: number): Year[] {
  const years = new Map<number, Year>();
  let before = initial;
  dates.forEach((date, row) => {
    const value = values[row];
    if (value === undefined || dates[row + 1]?.slice(0, 7) === date.slice(0, 7)) return;
    const year = Number(date.slice(0, 4));
    const known = years.get(year) ?? { year, months: Array<number | null>(12).fill(null), whole: 0 };
    const change = before > 0 ? (value / before - 1) * 100 : 0;
    known.months[Number(date.slice(5, 7)) - 1] = change;
    known.whole = ((1 + known.whole / 100) * (1 + change / 100) - 1) * 100;
    years.set(year, known);
    before = value;
  });
  return [...years.values()].reverse();
}
