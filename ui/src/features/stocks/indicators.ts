import type { Overlay } from "@/components/charts/PriceChart";

interface Indicator {
  /** As the server reads it: function and parameters. */
  name: string;
  label: string;
  /** 0 over the prices, 1 and more in panes of their own. */
  pane: number;
}

export const INDICATORS: Indicator[] = [
  { name: "sma:20", label: "SMA 20", pane: 0 },
  { name: "sma:50", label: "SMA 50", pane: 0 },
  { name: "sma:200", label: "SMA 200", pane: 0 },
  { name: "bbands:20:2", label: "Bollinger", pane: 0 },
  { name: "rsi:14", label: "RSI 14", pane: 1 },
  { name: "macd", label: "MACD", pane: 2 },
];

type Values = (number | null)[];

/** The lines of the *chosen* indicators; panes stand close, whatever is chosen. */
export function overlaysOf(series: Record<string, unknown>, chosen: string[]): Overlay[] {
  const shown = INDICATORS.filter((indicator) => chosen.includes(indicator.name) && indicator.name in series);
  const panes = [...new Set(shown.map((indicator) => indicator.pane).filter((pane) => pane > 0))].sort();
  return shown.flatMap((indicator) => {
    const pane = indicator.pane === 0 ? 0 : panes.indexOf(indicator.pane) + 1;
    const found = series[indicator.name] as Values | Record<string, Values>;
    if (Array.isArray(found)) return [{ name: indicator.label, values: found, pane }];
    return Object.entries(found).map(([output, values]) => ({ name: `${indicator.label} ${output.replace(/^macd/, "").replace("hist", "histogram")}`.trim(), values, pane }));
  });
}
