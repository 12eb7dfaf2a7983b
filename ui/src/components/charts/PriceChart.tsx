import { lazy, Suspense, useState } from "react";

import { formatCompact, formatPrice } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

import classes from "./ChartPlace.module.css";

/** Bars in columns, the oldest first. */
export interface Bars {
  timestamps: string[];
  open: (number | null)[];
  high: (number | null)[];
  low: (number | null)[];
  close: (number | null)[];
  volume: (number | null)[];
  /** With which colours they were drawn. */
  color?: string;
}

/** A buy or a sell. */
export interface Mark {
  time: string;
  side: "BUY" | "SELL";
  isLoss?: boolean;
}

/** A price across the chart. */
export interface Level {
  price: number;
  label: string;
  tone: "entry" | "stop" | "target";
}

/** A line over the prices, or in a pane below them; row for row with the bars. */
export interface Overlay {
  name: string;
  values: (number | null)[];
  pane?: number;
}

export interface PriceChartProps {
  bars: Bars;
  marks?: Mark[];
  levels?: Level[];
  overlays?: Overlay[];
  /** The span to bring into view. */
  focus?: { from: string; to: string } | null;
  /** The row under the pointer. */
  onBar?: (row: number | null) => void;
}

const Canvas = lazy(() => import("./PriceChartCanvas"));

/** Candles and volume, with marks, levels and lines over them. Keeps its place while it loads. */
export function PriceChart({ symbol, height, ...rest }: Omit<PriceChartProps, "onBar"> & { symbol: string; height: number }) {
  const [row, setRow] = useState<number | null>(null);
  const { bars } = rest;
  const last = bars.timestamps.length - 1;
  const at = row !== null && row >= 0 && row <= last ? row : last;
  const label = `Prices of ${symbol} from ${formatMoment(bars.timestamps[0])} to ${formatMoment(bars.timestamps[last])}, last close ${formatPrice(bars.close[last])}, ${rest.marks?.length ?? 0} trades marked`;
  return (
    <div className={classes.place} style={{ height }}>
      <div className={classes.legend} aria-hidden="true">
        <span>{formatMoment(bars.timestamps[at])}</span>
        <span className="faint">O <span className="soft">{formatPrice(bars.open[at])}</span></span>
        <span className="faint">H <span className="soft">{formatPrice(bars.high[at])}</span></span>
        <span className="faint">L <span className="soft">{formatPrice(bars.low[at])}</span></span>
        <span className="faint">C <span className="soft">{formatPrice(bars.close[at])}</span></span>
        <span className="faint">Vol <span className="soft">{formatCompact(bars.volume[at])}</span></span>
        {rest.overlays?.map((overlay) => (
          <span key={overlay.name} className="faint">{overlay.name} <span className="soft">{formatPrice(overlay.values[at])}</span></span>
        ))}
      </div>
      <div role="img" aria-label={label} style={{ height }}>
        <Suspense fallback={<div style={{ height }} />}>
          <Canvas {...rest} onBar={setRow} />
        </Suspense>
      </div>
    </div>
  );
}
