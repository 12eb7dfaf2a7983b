import { Button } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Fragment, useMemo } from "react";

import { Legend } from "@/components/charts/Legend";
import { LineChart, type Line } from "@/components/charts/LineChart";
import { IconWarning } from "@/components/icons";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState, LoadingRows } from "@/components/States";
import type { BacktestComparison, BacktestEquity, ComparedBacktest } from "@/lib/api/schema";
import { formatSigned, formatSignedPercent } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";
import { strategyTitle } from "@/lib/words/service";
import { METRICS, settingTitle, settingValue, type Metric } from "@/lib/words/settings";

import { compareBacktests } from "./api/compareBacktests";
import { getBacktestEquity } from "./api/getBacktestEquity";
import classes from "./Backtests.module.css";
import { overlay } from "./overlay";

const HEIGHT = 320;
const LETTERS = ["A", "B"] as const;

/** Two backtests side by side: their curves, their figures, and in which settings they differ. */
export function ComparePage() {
  const { ids } = useSearch({ from: "/backtests/compare" });
  const pair = (ids ?? "").split(",").map(Number).filter(Boolean).slice(0, 2);
  const compared = useQuery({ ...compareBacktests(pair), enabled: pair.length === 2 });
  const curves = useQueries({ queries: pair.map((id) => ({ ...getBacktestEquity(id), staleTime: Infinity })) });
  const [one, two] = curves;
  return (
    <Page title="Compare backtests" actions={<Button component={Link} to="/backtests" variant="default">All backtests</Button>}>
      {pair.length < 2 ? (
        <Panel>
          <EmptyState title="Choose two backtests" action={<Button component={Link} to="/backtests">All backtests</Button>}>
            Mark two in the list, then compare them.
          </EmptyState>
        </Panel>
      ) : compared.data ? (
        <>
          {!compared.data.is_same_data && (
            <div className={classes.restated} role="note">
              <IconWarning /> They were not made from the same prices: what differs may be the market, not the settings.
            </div>
          )}
          <Curves items={compared.data.items} curves={one?.data && two?.data ? [one.data, two.data] : null} />
          <div className={classes.columns}>
            <Panel title="Figures">
              <FigureTable items={compared.data.items} />
            </Panel>
            <Panel title="Settings that differ" padded>
              <Differences differences={compared.data.differences as Record<string, unknown[]>} />
            </Panel>
          </div>
        </>
      ) : (
        <Panel>{compared.error ? <ErrorState error={compared.error} retry={() => void compared.refetch()} /> : <LoadingRows rows={14} />}</Panel>
      )}
    </Page>
  );
}

function titleOf(item: ComparedBacktest): string {
  return `${item.symbol} · ${strategyTitle(item.strategy)} (${item.id})`;
}

function Curves({ items, curves }: { items: BacktestComparison["items"]; curves: [BacktestEquity, BacktestEquity] | null }) {
  const drawn = useMemo(() => (curves ? overlay(curves[0], curves[1], items[0]?.initial_balance ?? 1, items[1]?.initial_balance ?? 1) : null), [curves, items]);
  const lines = useMemo<Line[]>(
    () =>
      drawn
        ? [
            { name: "A", values: drawn.first, tone: "main" },
            { name: "B", values: drawn.second, tone: "other" },
          ]
        : [],
    [drawn],
  );
  const names = items.map((item, place) => `${LETTERS[place]} · ${titleOf(item)}`);
  return (
    <Panel title="What each made, percent" aside={<Legend items={names.map((name, place) => ({ name, tone: place === 0 ? "main" : "other" }))} />}>
      {drawn ? (
        <LineChart label={`Return in percent of ${names.join(" and of ")}`} timestamps={drawn.timestamps} lines={lines} height={HEIGHT} />
      ) : (
        <div style={{ minHeight: HEIGHT }} />
      )}
    </Panel>
  );
}

function FigureTable({ items }: { items: BacktestComparison["items"] }) {
  const rows: Metric[] = [...METRICS.slice(0, 1), { name: "buy_and_hold_return_pct", title: "Buy and hold", about: "", format: (value) => formatSignedPercent(value) }, ...METRICS.slice(1)];
  return (
    <div className={classes.scroll}>
      <table className={classes.compare}>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Figure</span>
            </th>
            {items.map((item, place) => (
              <th key={item.id} scope="col">
                <span className={classes.letter} data-second={place === 1 || undefined}>{LETTERS[place]}</span>
                <Link to="/backtests/$backtestId" params={{ backtestId: String(item.id) }}>{item.symbol} · {strategyTitle(item.strategy)}</Link>
                <div className="faint">{formatMoment(item.start)} – {formatMoment(item.end)}</div>
                {item.is_restated && <div className="loss">prices changed since</div>}
              </th>
            ))}
            <th scope="col">B less A</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((metric) => {
            const values = items.map((item) => (item.metrics as Record<string, number | null>)[metric.name] ?? null);
            const [a, b] = values as [number | null, number | null];
            const isBetter = (place: number) => isTheBetter(metric, a, b) === place;
            return (
              <tr key={metric.name}>
                <th scope="row" title={metric.about}>{metric.title}</th>
                {values.map((value, place) => (
                  <td key={items[place]?.id} className={`numeric ${isBetter(place) ? classes.best : ""}`}>
                    {metric.format(value)}
                    {isBetter(place) && <span className="visually-hidden"> (better)</span>}
                  </td>
                ))}
                <td className="numeric soft">{a === null || b === null ? "–" : differenceOf(metric, b - a)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const NEUTRAL = new Set(["trades", "exposure_pct", "buy_and_hold_return_pct"]);

function isTheBetter(metric: Metric, a: number | null, b: number | null): number | null {
  if (a === null || b === null || a === b || NEUTRAL.has(metric.name)) return null;
  return a > b !== (metric.isLow ?? false) ? 0 : 1;
}

function differenceOf(metric: Metric, difference: number): string {
  if (difference === 0) return "the same";
  if (metric.name.endsWith("_pct")) return formatSigned(difference).concat(" pp");
  if (metric.name === "volatility") return formatSigned(difference * 100).concat(" pp");
  if (metric.name === "trades") return formatSigned(difference).replace(/\.00$/, "");
  if (metric.name === "max_drawdown_days") return formatSigned(difference).replace(/\.00$/, " d");
  return formatSigned(difference);
}

function Differences({ differences }: { differences: Record<string, unknown[]> }) {
  const entries = Object.entries(differences);
  if (entries.length === 0) return <span className="soft">None: they were asked for with the same settings.</span>;
  return (
    <dl className={classes.pairs}>
      {entries.map(([name, [a, b]]) => (
        <Fragment key={name}>
          <dt>{settingTitle(name)}</dt>
          <dd>{settingValue(name, a)} → {settingValue(name, b)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
