import { AreaSeries, LineSeries, LineStyle, type IChartApi, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef } from "react";

import { epochSeconds } from "@/lib/format/time";

import { chartOptions, openChart } from "./base";
import classes from "./ChartPlace.module.css";
import type { Line } from "./LineChart";
import { useChartColors } from "./useChartColors";

const WHOLE_SPAN = 0.02; // a line shows all of its years, however many
const HALF_LABEL = 16; // pixels
const AXIS_WIDTH = 84; // lines below each other share their time axis

type Series = ISeriesApi<"Area"> | ISeriesApi<"Line">;

/** The canvas of LineChart, in a part of the program that is loaded when the first chart is shown. */
export default function LineChartCanvas({ lines, timestamps }: { lines: Line[]; timestamps: string[] }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<IChartApi | null>(null);
  const series = useRef(new Map<string, Series>());
  const colors = useChartColors();

  useEffect(() => {
    if (!place.current) return;
    const opened = openChart(place.current, colors);
    opened.applyOptions({ timeScale: { minBarSpacing: WHOLE_SPAN }, rightPriceScale: { minimumWidth: AXIS_WIDTH } });
    const drawn = series.current;
    chart.current = opened;
    return () => {
      chart.current = null;
      drawn.clear();
      opened.remove();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- opened once; colours are applied below
  }, []);

  useEffect(() => {
    chart.current?.applyOptions(chartOptions(colors));
  }, [colors]);

  useEffect(() => {
    const opened = chart.current;
    if (!opened) return;
    const times = timestamps.map((moment) => epochSeconds(moment) as UTCTimestamp);
    for (const [name, old] of series.current) {
      if (lines.some((line) => line.name === name)) continue;
      opened.removeSeries(old);
      series.current.delete(name);
    }
    for (const line of lines) {
      const style = styleOf(line, colors);
      let one = series.current.get(line.name);
      if (!one) {
        one = line.tone === "main" ? opened.addSeries(AreaSeries, style) : opened.addSeries(LineSeries, style);
        series.current.set(line.name, one);
      }
      one.applyOptions(style);
      one.setData(
        line.values.flatMap((value, row) => {
          const time = times[row];
          return value === null || time === undefined ? [] : [{ time, value }];
        }),
      );
    }
    showWhole(opened, timestamps.length);
  }, [lines, timestamps, colors]);

  return <div ref={place} className={classes.canvas} />;
}

/** Bring all of it into view, with room at both ends for half a label of the time axis. */
function showWhole(chart: IChartApi, count: number): void {
  const room = (count * HALF_LABEL) / Math.max(HALF_LABEL, chart.timeScale().width() - 2 * HALF_LABEL);
  chart.timeScale().setVisibleLogicalRange({ from: -room, to: count - 1 + room });
}

function styleOf(line: Line, colors: ReturnType<typeof useChartColors>) {
  const shared = { priceLineVisible: false, lastValueVisible: line.tone === "main", crosshairMarkerRadius: 3 };
  switch (line.tone) {
    case "main":
      return { ...shared, lineColor: colors.accent, topColor: `${colors.accent}38`, bottomColor: `${colors.accent}03`, lineWidth: 2 as const };
    case "second":
      return { ...shared, color: colors.text, lineWidth: 1 as const, lineStyle: LineStyle.Dashed };
    case "other":
      return { ...shared, color: colors.wait, lineWidth: 2 as const };
    case "bad":
      return { ...shared, color: colors.loss, lineWidth: 1 as const };
  }
}
