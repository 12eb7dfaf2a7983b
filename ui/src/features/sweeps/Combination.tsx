import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { IconBacktests, IconServices } from "@/components/icons";
import type { SweepDetail } from "@/lib/api/schema";
import { bodyOfCombination } from "@/lib/backtest/settings";
import { metricOf, settingsLine, type Metric } from "@/lib/words/settings";

import classes from "./Sweeps.module.css";

interface CombinationProps {
  sweep: SweepDetail;
  label: string;
  params: Record<string, unknown>;
  metrics: Record<string, number | null>;
  metric: Metric;
}

const TOLD = ["total_return_pct", "max_drawdown_pct", "trades"];

/** One combination with its figures, and the way on: to its backtest, and to a service that trades so. */
export function Combination({ sweep, label, params, metrics, metric }: CombinationProps) {
  const settings = bodyOfCombination(sweep.request["asked"] as Record<string, unknown>, sweep.symbol, params);
  const shown = [metric, ...TOLD.filter((name) => name !== metric.name).map(metricOf)];
  return (
    <div className={classes.chosen}>
      <div className={classes.two}>
        <span>
          <span className="faint">{label}:</span> <strong>{settingsLine(params)}</strong>
        </span>
        <span className={classes.chosenFigures}>{shown.map((one) => `${one.title} ${one.format(metrics[one.name])}`).join(" · ")}</span>
      </div>
      <div className={classes.acts}>
        <Button variant="default" leftSection={<IconBacktests size={14} />} renderRoot={(props) => <Link to="/backtests/new" search={{ settings }} {...props} />}>
          Backtest it
        </Button>
        <Button variant="default" leftSection={<IconServices size={14} />} renderRoot={(props) => <Link to="/services/new" search={{ settings }} {...props} />}>
          Trade it
        </Button>
      </div>
    </div>
  );
}
