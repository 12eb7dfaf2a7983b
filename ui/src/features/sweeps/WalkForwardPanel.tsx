import { useMemo } from "react";

import { LineChart, type Line } from "@/components/charts/LineChart";
import { DataTable, type Column } from "@/components/DataTable";
import { Gain } from "@/components/Money";
import { Panel } from "@/components/Panel";
import type { SweepFindings, Window } from "@/lib/api/schema";
import { formatMoney, formatRatio, formatSignedPercent } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";
import { metricOf, settingsLine } from "@/lib/words/settings";

import classes from "./Sweeps.module.css";

const HEIGHT = 220;

/** What choosing anew in each window would have made in the months after: nothing here was known when it was chosen. */
export function WalkForwardPanel({ metric, findings }: { metric: string; findings: SweepFindings }) {
  const { walk_forward: walked, not_walked: reason } = findings;
  const timestamps = useMemo(() => (walked?.dates ?? []).map((date) => `${date.slice(0, 10)}T00:00:00Z`), [walked]);
  const lines = useMemo<Line[]>(() => [{ name: "Portfolio", values: walked?.portfolio_values ?? [], tone: "main" }], [walked]);
  if (!walked) return reason ? <Panel title="Not walked forward" padded><p className={classes.hint}>{reason}</p></Panel> : null;
  const made = walked.metrics["total_return_pct"] as number | null;
  return (
    <Panel title="Walked forward" aside={<span className="faint">Chosen anew {walked.windows.length} times, traded in the window after</span>}>
      <p className={classes.hint} style={{ padding: "10px 12px 0" }}>
        Out of sample it made {formatSignedPercent(made, 1)}
        {walked.efficiency === null ? "" : `; of the yearly return in training ${Math.round(walked.efficiency * 100)} % arrived`}.
      </p>
      <LineChart label={`Value over the test windows, to ${formatMoney(walked.portfolio_values.at(-1))}`} timestamps={timestamps} lines={lines} height={HEIGHT} />
      <div className={classes.scrolling}>
        <DataTable label="Windows" columns={columnsOf(metric)} rows={walked.windows} rowKey={(window) => window.test_start} empty={{ title: "No window fits into the span" }} />
      </div>
    </Panel>
  );
}

function columnsOf(metric: string): Column<Window>[] {
  const { title, format } = metricOf(metric);
  return [
    { key: "train", header: "Chosen on", from: "wide", cell: (window) => <span className="numeric">{formatMoment(window.train_start)} – {formatMoment(window.train_end)}</span> },
    { key: "test", header: "Traded", cell: (window) => <span className="numeric">{formatMoment(window.test_start)} – {formatMoment(window.test_end)}</span> },
    { key: "settings", header: "Settings", from: "roomy", cell: (window) => <div className={classes.sub}>{window.settings ? settingsLine(window.settings) : "nothing traded"}</div> },
    { key: "in_sample", header: `${title} in training`, align: "end", from: "roomy", cell: (window) => <span className="numeric">{format(window.in_sample)}</span> },
    { key: "out_of_sample", header: "Out of sample", align: "end", cell: (window) => <span className="numeric">{metric === "sharpe_ratio" ? formatRatio(window.out_of_sample) : format(window.out_of_sample)}</span> },
    { key: "trades", header: "Trades", align: "end", from: "roomy", cell: (window) => <span className="numeric">{window.trades}</span> },
    { key: "return", header: "Return", align: "end", cell: (window) => <Gain value={window.out_of_sample_return_pct} percent /> },
  ];
}
