import { ColorType, CrosshairMode, createChart, type ChartOptions, type DeepPartial, type IChartApi } from "lightweight-charts";

import { formatPrice } from "@/lib/format/money";

import type { ChartColors } from "./useChartColors";

/** What all charts share. The library's own logo would need an inline style; its makers are named in the settings. */
export function chartOptions(colors: ChartColors): DeepPartial<ChartOptions> {
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colors.surface },
      textColor: colors.text,
      fontFamily: "'Inter Variable', system-ui, sans-serif",
      fontSize: 11,
      attributionLogo: false,
      panes: { separatorColor: colors.grid, separatorHoverColor: colors.line, enableResize: false },
    },
    localization: { priceFormatter: formatPrice },
    grid: { vertLines: { visible: false }, horzLines: { color: colors.grid } },
    rightPriceScale: { borderColor: colors.grid },
    timeScale: { borderColor: colors.grid, rightOffset: 3 },
    crosshair: {
      mode: CrosshairMode.Magnet,
      vertLine: { color: colors.text, labelBackgroundColor: colors.text },
      horzLine: { color: colors.text, labelBackgroundColor: colors.text },
    },
    handleScale: { mouseWheel: false }, // the wheel scrolls the page
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
  };
}

export function openChart(place: HTMLElement, colors: ChartColors): IChartApi {
  return createChart(place, chartOptions(colors));
}
