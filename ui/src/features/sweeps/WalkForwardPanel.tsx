import { useMemo } from "react";

import { LineChart, type Line } from "@/components/charts/LineChart";
import { DataTable, type Column } from "@/components/DataTable";
import { Gain } from "@/components/Money";
import { Panel } from "@/components/Panel";
import type { SweepDetail } from "@/lib/api/schema";
import { formatMoney, formatRatio, formatSignedPercent } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";
import { metricOf, settingsLine } from "@/lib/words/settings";

import classes from "./Sweeps.module.css";

interface Window {
  train_start: string;
  train_end: string;
  test_start: string;
  test_end: string;
  settings: Record<string, number> | null;
  in_sample: number | null;
  out_of_sample: number | null;
  out_of_sample_return_pct: number | null;
  trades: number;
}

interface Walked {
  windows: Window[];
  efficiency: number | null;
  metrics: Record<string, number | null>;
  dates: string[];
  portfolio_values: number[];
}

const HEIGHT = 220;

/** What choosing anew in each window would have made in the months after: nothing here was known when it was chosen. */
export function WalkForwardPanel({ sweep }: { sweep: SweepDetail }) {
  const walked = sweep.findings["walk_forward"] as Walked | null | undefined;
  const timestamps = useMemo(() => (walked?.dates ?? []).map((date) => `${date.slice(0, 10)}T00:00:00Z`), [walked]);
  const lines = useMemo<Line[]>(() => [{ name: "Portfolio", values: walked?.portfolio_values ?? [], tone: "main" }], [walked]);
  if (!walked) return null;
  const made = walked.metrics["total_return_pct"];
  return (
    <Panel title="Walked forward" aside={<span className="faint">Chosen anew {walked.windows.length} times, traded in the window after</span>}>
      <p className={classes.hint} style={{ padding: "10px 12px 0" }}>
        Out of sample it made {formatSignedPercent(made, 1)}
        {walked.efficiency === null ? "" : `; of the yearly return in training ${Math.round(walked.efficiency * 100)} % arrived`}.
      </p>
      <LineChart label={`Value over the test windows, to ${formatMoney(walked.portfolio_values.at(-1))}`} timestamps={timestamps} lines={lines} height={HEIGHT} />
      <div className={classes.scrolling}>
        <DataTable label="Windows" columns={columnsOf(sweep.metric)} rows={walked.windows} rowKey={(window) => window.test_start} empty={{ title: "No window fits into the span" }} />
      </div>
    </Panel>
  );
}

function columnsOf(metric: string): Column<Window>[] {
  const { title, format } = metricOf(metric);
  return [
    { key: "train", header: "Chosen on", from: "wide", cell: (window) => <span className="numeric">{formatMoment(window.train_start)} – {formatMoment(window.train_end)}</span> },
    { key: "test", header: "Traded", cell: (window) => <span className="numeric">{formatMoment(window.test_start)} – {formatMoment(window.test_end)}</span> },
    { key: "settings", header: "with", from: "roomy", cell: (window) => <div className={classes.sub}>{window.settings ? settingsLine(window.settings) : "nothing traded"}</div> },
    { key: "in_sample", header: `${title}, chosen`, align: "end", from: "roomy", cell: (window) => <span className="numeric">{format(window.in_sample)}</span> },
    { key: "out_of_sample", header: "traded", align: "end", cell: (window) => <span className="numeric">{metric === "sharpe_ratio" ? formatRatio(window.out_of_sample) : format(window.out_of_sample)}</span> },
    { key: "trades", header: "Trades", align: "end", from: "roomy", cell: (window) => <span className="numeric">{window.trades}</span> },
    { key: "return", header: "Return", align: "end", cell: (window) => <Gain value={window.out_of_sample_return_pct} percent /> },
  ];
}
