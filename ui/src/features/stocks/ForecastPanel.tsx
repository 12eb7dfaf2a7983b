import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { LineChart } from "@/components/charts/LineChart";
import { Panel } from "@/components/Panel";
import { ErrorState } from "@/components/States";
import { formatPrice, formatRatio } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

import { getForecast } from "./api/getForecast";
import classes from "./Stocks.module.css";

const HORIZON = 20;
const HEIGHT = 170;

/** Where the price may go in the next sessions, and whether the method is any better than none. */
export function ForecastPanel({ symbol }: { symbol: string }) {
  const [isWanted, setWanted] = useState(false);
  const { data, error, isFetching, refetch } = useQuery({ ...getForecast(symbol, HORIZON), enabled: isWanted });
  const timestamps = useMemo(() => (data?.dates ?? []).map((date) => `${date}T00:00:00Z`), [data]);
  const lines = useMemo(
    () =>
      data
        ? [
            { name: "mean", values: data.mean, tone: "main" as const },
            { name: "lower", values: data.lower_80, tone: "second" as const },
            { name: "upper", values: data.upper_80, tone: "second" as const },
          ]
        : [],
    [data],
  );
  if (!isWanted || (!data && isFetching)) {
    return (
      <Panel title="Forecast" padded>
        <div className={classes.stack}>
          <div className="soft">The next {HORIZON} closes by exponential smoothing, with the range that they should stay in.</div>
          <Button variant="default" loading={isFetching} onClick={() => setWanted(true)}>
            Compute the forecast
          </Button>
        </div>
      </Panel>
    );
  }
  if (!data) return <Panel title="Forecast">{error && <ErrorState error={error} retry={() => void refetch()} />}</Panel>;
  const last = data.mean.length - 1;
  const isBetter = data.error.model !== null && data.error.naive !== null && data.error.model < data.error.naive;
  return (
    <Panel title="Forecast" aside={<span className="faint">{data.method}</span>}>
      <LineChart label={`Forecast of ${symbol} to ${formatMoment(data.dates[last])}: ${formatPrice(data.mean[last])}`} timestamps={timestamps} lines={lines} height={HEIGHT} />
      <div style={{ padding: 12 }} className={classes.stack}>
        <div>
          {formatMoment(data.dates[last])}: <strong>{formatPrice(data.mean[last])}</strong>, four times in five between {formatPrice(data.lower_80[last])} and {formatPrice(data.upper_80[last])}.
        </div>
        <div className="soft">
          {isBetter ? "On closes that it had not seen it was better than no forecast at all" : "On closes that it had not seen it was no better than saying that nothing changes"} (
          {data.error.metric.toUpperCase()} {formatRatio(data.error.model)} against {formatRatio(data.error.naive)}).
        </div>
      </div>
    </Panel>
  );
}
