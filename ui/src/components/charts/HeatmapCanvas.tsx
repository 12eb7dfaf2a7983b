import { HeatmapChart } from "echarts/charts";
import { GridComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import classes from "./ChartPlace.module.css";
import type { HeatmapProps } from "./Heatmap";
import { useChartColors, type ChartColors } from "./useChartColors";

register([HeatmapChart, GridComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

interface Cell {
  value: [number, number, number | "-"];
}

/** The canvas of Heatmap, with ECharts, in a part of the program that is loaded when the first heatmap is shown. */
export default function HeatmapCanvas(props: HeatmapProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const hear = useRef(props.onCell);
  const colors = useChartColors();

  useEffect(() => {
    hear.current = props.onCell;
  }, [props.onCell]);

  useEffect(() => {
    if (!place.current) return;
    const opened = init(place.current);
    chart.current = opened;
    opened.on("click", (event) => {
      const [column, row, value] = (event.data as Cell).value;
      if (value !== "-") hear.current(row, column);
    });
    const watch = new ResizeObserver(() => opened.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      chart.current = null;
      opened.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(optionOf(props, colors), { notMerge: true });
  }, [props, colors]);

  return <div ref={place} className={classes.canvas} />;
}

function optionOf({ xTitle, yTitle, xValues, yValues, values, format, isLow, best, chosen }: HeatmapProps, colors: ChartColors): Record<string, unknown> {
  const { low, high, shades } = scaleOf(values.flat().filter((value) => value !== null), isLow, colors);
  const text = { color: colors.text, fontFamily: "'Inter Variable', system-ui, sans-serif", fontSize: 11 };
  const axis = { axisLine: { lineStyle: { color: colors.line } }, axisTick: { show: false }, axisLabel: { ...text, hideOverlap: true }, nameTextStyle: { ...text, color: colors.ink, fontWeight: 600 }, nameLocation: "middle" };
  const data = values.flatMap((line, row) => line.map((value, column) => ({ value: [column, row, value ?? "-"], ...markOf(row, column, best, chosen, colors) })));
  return {
    animation: false,
    textStyle: text,
    grid: { left: 62, right: 14, top: 12, bottom: 92 },
    xAxis: { type: "category", data: xValues, name: xTitle, nameGap: 28, splitArea: { show: false }, ...axis },
    yAxis: { type: "category", data: yValues, name: yTitle, nameGap: 44, splitArea: { show: false }, ...axis },
    visualMap: {
      min: low,
      max: high > low ? high : low + 1,
      calculable: false,
      orient: "horizontal",
      left: "center",
      bottom: 6,
      itemWidth: 10,
      itemHeight: 150,
      text: [format(high), format(low)],
      textStyle: text,
      inRange: { color: shades },
    },
    // HTML tooltips carry style attributes, which the policy refuses.
    tooltip: {
      renderMode: "richText",
      backgroundColor: colors.surface,
      borderColor: colors.line,
      textStyle: { ...text, color: colors.ink, fontSize: 12 },
      formatter: ({ data: cell }: { data: Cell }) => {
        const [column, row, value] = cell.value;
        return `${xTitle} ${xValues[column]}, ${yTitle} ${yValues[row]}\n${value === "-" ? "not possible, or never traded" : format(value)}`;
      },
    },
    series: [{ type: "heatmap", data, progressive: 0, itemStyle: { borderColor: colors.surface, borderWidth: 1 }, emphasis: { itemStyle: { borderColor: colors.ink, borderWidth: 2 } } }],
  };
}

/** Gains are petrol and losses red, whatever else there is; a figure without a sign has one colour alone. */
function scaleOf(known: number[], isLow: boolean, colors: ChartColors): { low: number; high: number; shades: string[] } {
  const [low, high] = known.length > 0 ? [Math.min(...known), Math.max(...known)] : [0, 1];
  if (isLow) return { low, high, shades: [colors.accent, colors.accentWash] };
  if (low >= 0) return { low, high, shades: [colors.accentWash, colors.accent] };
  if (high <= 0) return { low, high, shades: [colors.loss, colors.lossWash] };
  const bound = Math.max(-low, high);
  return { low: -bound, high: bound, shades: [colors.loss, colors.surface, colors.accent] };
}

function markOf(row: number, column: number, best: HeatmapProps["best"], chosen: HeatmapProps["chosen"], colors: ChartColors): Record<string, unknown> {
  const isBest = best?.row === row && best.column === column;
  const isChosen = chosen?.row === row && chosen.column === column;
  return {
    ...(isBest || isChosen ? { itemStyle: { borderColor: isChosen ? colors.wait : colors.ink, borderWidth: 2 } } : {}),
    ...(isBest ? { label: { show: true, formatter: "★", color: colors.surface, fontSize: 14 } } : {}),
  };
}
