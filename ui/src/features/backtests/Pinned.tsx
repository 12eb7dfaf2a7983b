import { Panel } from "@/components/Panel";
import { Time } from "@/components/Time";
import type { StoredReport } from "@/lib/api/schema";
import { formatMoney } from "@/lib/format/money";
import { settingTitle, settingValue } from "@/lib/words/settings";

import classes from "./Backtests.module.css";

const HASH_SHOWN = 16;

/** Everything that the result depends on: with these inputs it comes out the same. */
export function Pinned({ report }: { report: StoredReport }) {
  const params = report.pinned["params"] as Record<string, unknown>;
  const hash = String(report.pinned["data_hash"]);
  return (
    <Panel title="Made from" padded>
      <dl className={classes.pairs}>
        <dt>Budget</dt>
        <dd>{formatMoney(report.initial_balance)}</dd>
        {Object.entries(params).filter(([, value]) => typeof value !== "object" || value === null).map(([name, value]) => (
          <Row key={name} name={settingTitle(name)} value={settingValue(name, value)} />
        ))}
        <dt>Sessions</dt>
        <dd>{report.days_simulated.toLocaleString("en-US")}</dd>
        <dt>Prices, by hash</dt>
        <dd className={classes.hash} title={hash}>{hash.slice(0, HASH_SHOWN)}</dd>
        <dt>Prices since</dt>
        <dd>{report.is_restated ? "changed" : "unchanged"}</dd>
        <dt>Rules of version</dt>
        <dd>{String(report.pinned["engine_version"])}</dd>
        <dt>Made</dt>
        <dd><Time value={report.created_at} /></dd>
      </dl>
    </Panel>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
