import { lazy, Suspense } from "react";

import classes from "./ChartPlace.module.css";

export interface HeatmapProps {
  xTitle: string;
  yTitle: string;
  xValues: string[];
  yValues: string[];
  /** By row of y, then column of x. */
  values: (number | null)[][];
  format: (value: number | null) => string;
  /** Where lower is better the colours are turned round. */
  isLow: boolean;
  best: { row: number; column: number } | null;
  chosen: { row: number; column: number } | null;
  onCell: (row: number, column: number) => void;
}

const Canvas = lazy(() => import("./HeatmapCanvas"));

/** A figure over two settings, in colour. It is for the eye: beside it belongs the same as a table. */
export function Heatmap({ label, height, ...rest }: HeatmapProps & { label: string; height: number }) {
  return (
    <div className={classes.place} style={{ height }} role="img" aria-label={label}>
      <Suspense fallback={<div className={classes.waiting} style={{ height }} />}>
        <Canvas {...rest} />
      </Suspense>
    </div>
  );
}
