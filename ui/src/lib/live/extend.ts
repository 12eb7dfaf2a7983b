import { barMinutes, barTime, type PriceBar } from "@/lib/socket/protocol";

/** Bars in columns, the oldest first. */
export interface Columns {
  timestamps: string[];
  open: (number | null)[];
  high: (number | null)[];
  low: (number | null)[];
  close: (number | null)[];
  volume: (number | null)[];
}

/** Return *columns* with the bars of this stock and interval that were *heard* since: a known bar is replaced, a new one follows. */
export function extend(columns: Columns, heard: PriceBar[], symbol: string, minutes: number): Columns {
  const fresh = heard
    .filter((bar) => bar.symbol === symbol && barMinutes(bar) === minutes)
    .sort((a, b) => (barTime(a) ?? "").localeCompare(barTime(b) ?? ""));
  if (fresh.length === 0) return columns;
  const { timestamps, open, high, low, close, volume } = columns;
  const longer: Columns = {
    timestamps: [...timestamps],
    open: [...open],
    high: [...high],
    low: [...low],
    close: [...close],
    volume: [...volume],
  };
  for (const bar of fresh) {
    const moment = barTime(bar);
    if (!moment) continue;
    const last = longer.timestamps.at(-1) ?? "";
    const row = moment > last ? longer.timestamps.length : longer.timestamps.lastIndexOf(moment);
    if (row < 0) continue; // of a past that was not loaded
    longer.timestamps[row] = moment;
    longer.open[row] = bar.open_price;
    longer.high[row] = bar.high_price;
    longer.low[row] = bar.low_price;
    longer.close[row] = bar.close_price;
    longer.volume[row] = bar.volume;
  }
  return longer;
}
