import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Gain, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { ErrorState, LoadingRows } from "@/components/States";
import { formatMoment } from "@/lib/format/time";
import { formatRatio } from "@/lib/format/money";

import { getAnalysis, type Timeframe } from "./api/getAnalysis";
import classes from "./Stocks.module.css";

const TIMEFRAMES: { value: Timeframe; label: string }[] = [
  { value: "DAILY", label: "Daily" },
  { value: "WEEKLY", label: "Weekly" },
  { value: "MONTHLY", label: "Monthly" },
  { value: "QUARTERLY", label: "Quarterly" },
  { value: "YEARLY", label: "Yearly" },
];
const TRENDS: Record<string, string> = { up: "Upwards", down: "Downwards", sideways: "Sideways" };

/** What technical analysts read from the last bar. */
export function AnalysisPanel({ symbol }: { symbol: string }) {
  const [timeframe, setTimeframe] = useState<Timeframe>("DAILY");
  const { data, error, refetch } = useQuery(getAnalysis(symbol, timeframe));
  return (
    <Panel title="Analysis" aside={<Select aria-label="Timeframe" size="xs" w={116} allowDeselect={false} data={TIMEFRAMES} value={timeframe} onChange={(value) => setTimeframe((value ?? "DAILY"))} />} padded>
      {!data ? (
        error ? <ErrorState error={error} retry={() => void refetch()} /> : <LoadingRows rows={10} />
      ) : (
        <dl className={classes.pairs}>
          <dt>Trend</dt>
          <dd>{data.trend ? TRENDS[data.trend] : "–"}</dd>
          <dt>RSI</dt>
          <dd>{formatRatio(data.rsi)} <Signal word={data.signals.rsi} /></dd>
          <dt>Bollinger bands</dt>
          <dd><Price value={data.bollinger.lower} /> – <Price value={data.bollinger.upper} /> <Signal word={data.signals.bollinger} /></dd>
          <dt>MACD</dt>
          <dd>{formatRatio(data.macd.macd)}</dd>
          <dt>Averages crossed</dt>
          <dd><Signal word={data.signals.ma_crossover} /></dd>
          {["20", "50", "200"].map((window) => (
            <Pair key={window} label={`SMA ${window}`} value={data.moving_averages[window]} />
          ))}
          <dt>ATR</dt>
          <dd><Price value={data.atr} /></dd>
          <dt>Support</dt>
          <dd><Price value={data.support} /></dd>
          <dt>Resistance</dt>
          <dd><Price value={data.resistance} /></dd>
          {["5", "30", "90"].map((bars) => (
            <PercentPair key={bars} label={`Over ${bars} bars`} value={data.price_changes[bars]} />
          ))}
          <dt>As of</dt>
          <dd>{formatMoment(data.as_of)}</dd>
        </dl>
      )}
    </Panel>
  );
}

function Pair({ label, value }: { label: string; value: unknown }) {
  return (
    <>
      <dt>{label}</dt>
      <dd><Price value={typeof value === "number" ? value : null} /></dd>
    </>
  );
}

function PercentPair({ label, value }: { label: string; value: unknown }) {
  return (
    <>
      <dt>{label}</dt>
      <dd><Gain value={typeof value === "number" ? value : null} percent /></dd>
    </>
  );
}

function Signal({ word }: { word: string | null }) {
  if (!word) return null;
  return <span className={word === "buy" ? "gain" : word === "sell" ? "loss" : "faint"}>{word}</span>;
}
