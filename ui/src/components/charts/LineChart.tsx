import { lazy, Suspense } from "react";

import classes from "./ChartPlace.module.css";

export interface Line {
  name: string;
  /** One value for each timestamp. */
  values: (number | null)[];
  tone: "main" | "second" | "other" | "bad";
}

interface LineChartProps {
  /** What it shows, for who cannot see it: what, from when to when, from what to what. */
  label: string;
  timestamps: string[];
  lines: Line[];
  height: number;
}

const Canvas = lazy(() => import("./LineChartCanvas"));

/** Lines over time: equity, and what it is compared with. Keeps its place while it loads. */
export function LineChart({ label, timestamps, lines, height }: LineChartProps) {
  return (
    <div className={classes.place} style={{ height }} role="img" aria-label={label}>
      <Suspense fallback={<div className={classes.waiting} style={{ height }} />}>
        <Canvas timestamps={timestamps} lines={lines} />
      </Suspense>
    </div>
  );
}
