import {
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef } from "react";

import { epochSeconds, isSession } from "@/lib/format/time";

import { chartOptions, openChart } from "./base";
import classes from "./ChartPlace.module.css";
import type { Bars, PriceChartProps } from "./PriceChart";
import { lastAtOrBefore, snapToBars } from "./snap";
import { useChartColors, type ChartColors } from "./useChartColors";

const SHOWN_AT_FIRST = 160;
const VOLUME_SHARE = 0.82;
const AROUND_FOCUS = 25;

interface Drawn {
  chart: IChartApi;
  candles: ISeriesApi<"Candlestick">;
  volume: ISeriesApi<"Histogram">;
  marks: ISeriesMarkersPluginApi<Time>;
  overlays: Map<string, ISeriesApi<"Line">>;
  levels: IPriceLine[];
  shown: Bars | null;
}

/** The canvas of PriceChart, in a part of the program that is loaded when the first chart is shown. */
export default function PriceChartCanvas({ bars, marks = [], levels = [], overlays = [], focus = null, onBar }: PriceChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const hear = useRef(onBar);
  const colors = useChartColors();

  useEffect(() => {
    hear.current = onBar;
  }, [onBar]);

  useEffect(() => {
    if (!place.current) return;
    const chart = openChart(place.current, colors);
    const candles = chart.addSeries(CandlestickSeries, { borderVisible: false });
    const volume = chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: VOLUME_SHARE, bottom: 0 } });
    drawn.current = { chart, candles, volume, marks: createSeriesMarkers(candles, []), overlays: new Map(), levels: [], shown: null };
    chart.subscribeCrosshairMove((event) => hear.current?.(typeof event.logical === "number" ? Math.round(event.logical) : null));
    return () => {
      drawn.current = null;
      chart.remove();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- opened once; colours are applied below
  }, []);

  useEffect(() => {
    const now = drawn.current;
    if (!now) return;
    now.chart.applyOptions(chartOptions(colors));
    now.chart.timeScale().applyOptions({ timeVisible: !isSession(bars.timestamps[0] ?? ""), secondsVisible: false });
    now.candles.applyOptions({ upColor: colors.gain, downColor: colors.loss, wickUpColor: colors.gain, wickDownColor: colors.loss });
    drawBars(now, bars, colors);
  }, [bars, colors]);

  useEffect(() => {
    const now = drawn.current;
    if (!now) return;
    now.levels.forEach((line) => now.candles.removePriceLine(line));
    now.levels = levels.map(({ price, label, tone }) =>
      now.candles.createPriceLine({
        price,
        title: label,
        color: tone === "stop" ? colors.loss : tone === "target" ? colors.gain : colors.accent,
        lineWidth: 1,
        lineStyle: tone === "entry" ? LineStyle.Dotted : LineStyle.Dashed,
        axisLabelVisible: true,
      }),
    );
  }, [levels, colors]);

  useEffect(() => {
    const now = drawn.current;
    if (!now) return;
    const times = bars.timestamps.map(epochSeconds);
    const placed = snapToBars(marks, times);
    now.marks.setMarkers(
      placed.map(({ mark, time }) => ({
        time: time as UTCTimestamp,
        position: mark.side === "BUY" ? "belowBar" : "aboveBar",
        shape: mark.side === "BUY" ? "arrowUp" : "arrowDown",
        color: mark.side === "BUY" ? colors.accent : mark.isLoss ? colors.loss : colors.gain,
        text: mark.side === "BUY" ? "B" : "S",
      })),
    );
  }, [marks, bars, colors]);

  useEffect(() => {
    const now = drawn.current;
    if (!now) return;
    const tones = [colors.accent, colors.wait, colors.text, colors.ink];
    for (const [name, line] of now.overlays) {
      if (overlays.some((overlay) => overlay.name === name)) continue;
      now.chart.removeSeries(line);
      now.overlays.delete(name);
    }
    overlays.forEach(({ name, values, pane = 0 }, index) => {
      const options = { color: tones[index % tones.length] ?? colors.accent, lineWidth: 1 as const, priceLineVisible: false, lastValueVisible: false, crosshairMarkerVisible: false };
      const line = now.overlays.get(name) ?? now.chart.addSeries(LineSeries, options, pane);
      now.overlays.set(name, line);
      line.applyOptions(options);
      line.setData(
        values.flatMap((value, row) => {
          const moment = bars.timestamps[row];
          return value === null || moment === undefined ? [] : [{ time: epochSeconds(moment) as UTCTimestamp, value }];
        }),
      );
    });
  }, [overlays, bars, colors]);

  useEffect(() => {
    const now = drawn.current;
    if (!now || !focus) return;
    const times = bars.timestamps.map(epochSeconds);
    const [from, to] = [focus.from, focus.to].map((moment) => lastAtOrBefore(times, epochSeconds(moment))) as [number, number];
    const around = Math.max(AROUND_FOCUS, to - from);
    now.chart.timeScale().setVisibleLogicalRange({ from: from - around, to: to + around });
  }, [focus, bars]);

  return <div ref={place} className={classes.canvas} />;
}

function drawBars(now: Drawn, bars: Bars, colors: ChartColors): void {
  const before = now.shown;
  const isLonger = before !== null && before.timestamps[0] === bars.timestamps[0] && before.timestamps.length > 0;
  now.shown = bars;
  if (isLonger && before.timestamps.length <= bars.timestamps.length && before.color === colors.gain) {
    // Only what is new: nothing that is looked at moves.
    for (let row = before.timestamps.length - 1; row < bars.timestamps.length; row++) {
      const candle = candleOf(bars, row);
      const column = columnOf(bars, row, colors);
      if (candle) now.candles.update(candle);
      if (column) now.volume.update(column);
    }
  } else {
    const rows = bars.timestamps.map((_, row) => row);
    now.candles.setData(rows.flatMap((row) => candleOf(bars, row) ?? []));
    now.volume.setData(rows.flatMap((row) => columnOf(bars, row, colors) ?? []));
    if (!isLonger) {
      const { length } = bars.timestamps;
      now.chart.timeScale().setVisibleLogicalRange({ from: Math.max(0, length - SHOWN_AT_FIRST), to: length + 4 });
    }
  }
  now.shown = { ...bars, color: colors.gain };
}

function candleOf(bars: Bars, row: number) {
  const [moment, open, high, low, close] = [bars.timestamps[row], bars.open[row], bars.high[row], bars.low[row], bars.close[row]];
  if (moment === undefined || open == null || high == null || low == null || close == null) return null;
  return { time: epochSeconds(moment) as UTCTimestamp, open, high, low, close };
}

function columnOf(bars: Bars, row: number, colors: ChartColors) {
  const [moment, value] = [bars.timestamps[row], bars.volume[row]];
  if (moment === undefined || value == null) return null;
  const isUp = (bars.close[row] ?? 0) >= (bars.open[row] ?? 0);
  return { time: epochSeconds(moment) as UTCTimestamp, value, color: `${isUp ? colors.gain : colors.loss}40` };
}
