import { Gain } from "@/components/Money";
import { Panel } from "@/components/Panel";
import type { StoredReport } from "@/lib/api/schema";

import classes from "./Backtests.module.css";
import { ambiguityOf } from "./words";

/** The band within which the result lies: stops first, and targets first. */
export function Ambiguity({ report }: { report: StoredReport }) {
  const { sentence, low, high } = ambiguityOf(report);
  return (
    <Panel title="What the bars do not tell" padded>
      <div className="soft">{sentence}</div>
      {low !== null && (
        <div className={classes.band}>
          <div className={classes.bandSide}>
            <span className="faint">Stops first</span>
            <strong><Gain value={low} percent /></strong>
          </div>
          <div className={classes.bandSide}>
            <span className="faint">Targets first</span>
            <strong><Gain value={high} percent /></strong>
          </div>
        </div>
      )}
    </Panel>
  );
}
