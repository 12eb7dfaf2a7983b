import { useMemo } from "react";

import { Panel } from "@/components/Panel";
import type { StoredReport } from "@/lib/api/schema";

import classes from "./Backtests.module.css";
import { monthlyReturns } from "./months";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const STEPS = [0.05, 2, 5] as const;
const YEAR_STEPS = [0.05, 8, 20] as const;

/** The returns month by month, the strong ones in colour. */
export function MonthTable({ report }: { report: StoredReport }) {
  const years = useMemo(() => monthlyReturns(report.dates, report.portfolio_values, report.initial_balance), [report]);
  return (
    <Panel title="Monthly returns, percent">
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls by keyboard where it is wider than the screen */}
      <div className={classes.scroll} role="region" aria-label="Monthly returns" tabIndex={0}>
        <table className={classes.months}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Year</span>
              </th>
              {MONTHS.map((month) => (
                <th key={month} scope="col">{month}</th>
              ))}
              <th scope="col">Year</th>
            </tr>
          </thead>
          <tbody>
            {years.map((year) => (
              <tr key={year.year}>
                <th scope="row">{year.year}</th>
                {year.months.map((value, month) => (
                  <td key={MONTHS[month]} data-heat={heatOf(value, STEPS)}>{shown(value)}</td>
                ))}
                <td className={classes.whole} data-heat={heatOf(year.whole, YEAR_STEPS)}>{shown(year.whole)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function shown(value: number | null): string {
  if (value === null) return "";
  if (Math.abs(value) < STEPS[0]) return "0.0";
  return `${value > 0 ? "+" : "\u2212"}${Math.abs(value).toFixed(1)}`;
}

function heatOf(value: number | null, steps: readonly [number, number, number]): string | undefined {
  if (value === null || Math.abs(value) < steps[0]) return undefined;
  const level = Math.abs(value) >= steps[2] ? 3 : Math.abs(value) >= steps[1] ? 2 : 1;
  return `${value > 0 ? "g" : "l"}${level}`;
}
