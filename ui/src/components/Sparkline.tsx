interface SparklineProps {
  values: number[];
  label: string;
  width?: number;
  height?: number;
}

/** A line of values without axes: where it has been going. */
export function Sparkline({ values, label, width = 96, height = 24 }: SparklineProps) {
  if (values.length < 2) return null;
  const lowest = Math.min(...values);
  const span = Math.max(...values) - lowest || 1;
  const step = width / (values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(height - 2 - ((value - lowest) / span) * (height - 4)).toFixed(1)}`);
  const isUp = (values.at(-1) ?? 0) >= (values[0] ?? 0);
  return (
    <svg width={width} height={height} role="img" aria-label={label} className={isUp ? "gain" : "loss"}>
      <polyline points={points.join(" ")} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}
