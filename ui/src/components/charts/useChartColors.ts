import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";

export interface ChartColors {
  text: string;
  line: string;
  grid: string;
  accent: string;
  accentWash: string;
  gain: string;
  loss: string;
  lossWash: string;
  wait: string;
  surface: string;
  ink: string;
}

/** The palette as charts need it: canvases know no CSS variables. */
export function useChartColors(): ChartColors {
  const scheme = useComputedColorScheme("light");
  return useMemo(() => {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string): string => style.getPropertyValue(name).trim();
    return {
      text: read("--dt-faint"),
      line: read("--dt-line-strong"),
      grid: read("--dt-line"),
      accent: read("--dt-accent"),
      accentWash: read("--dt-accent-wash"),
      gain: read("--dt-gain"),
      loss: read("--dt-loss"),
      lossWash: read("--dt-loss-wash"),
      wait: read("--dt-wait"),
      surface: read("--dt-surface"),
      ink: read("--dt-ink"),
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the scheme is what the variables depend on
  }, [scheme]);
}
