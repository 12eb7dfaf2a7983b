import { Skeleton } from "@mantine/core";
import { useMemo } from "react";

import { LineChart } from "@/components/charts/LineChart";
import { Gain, Money } from "@/components/Money";
import { Panel } from "@/components/Panel";
import type { Portfolio } from "@/lib/api/schema";
import { formatMoney } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";

import classes from "./Dashboard.module.css";

const CHART_HEIGHT = 210;

/** What it all comes to, and how it came there. */
export function PortfolioPanel({ portfolio }: { portfolio: Portfolio | undefined }) {
  const gain = portfolio ? portfolio.value - portfolio.initial_balance : null;
  const before = portfolio ? portfolio.value - portfolio.session_change : 0;
  return (
    <Panel>
      <div className={classes.head}>
        <div>
          <div className={classes.label}>Account value</div>
          <div className={classes.value} data-testid="account-value">
            {portfolio ? formatMoney(portfolio.value) : <Skeleton height={34} width={170} />}
          </div>
        </div>
        <Figure label={portfolio?.as_of ? `Session of ${formatMoment(portfolio.as_of)}` : "Last session"}>
          <Gain value={portfolio?.session_change} /> <Gain value={before ? ((portfolio?.session_change ?? 0) / before) * 100 : null} percent bare />
        </Figure>
        <Figure label="Since the start">
          <Gain value={gain} /> <Gain value={portfolio?.initial_balance ? ((gain ?? 0) / portfolio.initial_balance) * 100 : null} percent bare />
        </Figure>
        <Figure label="In positions">
          <Money value={portfolio?.position_value} />
        </Figure>
        <Figure label="Cash">
          <Money value={portfolio?.cash} />
        </Figure>
      </div>
      {portfolio && portfolio.timestamps.length > 1 ? (
        <EquityCurve portfolio={portfolio} />
      ) : (
        <div style={{ height: CHART_HEIGHT }} />
      )}
    </Panel>
  );
}

function EquityCurve({ portfolio }: { portfolio: Portfolio }) {
  const { timestamps, equity } = portfolio;
  const lines = useMemo(() => [{ name: "equity", values: equity, tone: "main" as const }], [equity]);
  const label = `Account value from ${formatMoney(equity[0])} on ${formatMoment(timestamps[0])} to ${formatMoney(equity.at(-1))} on ${formatMoment(timestamps.at(-1))}`;
  return <LineChart label={label} timestamps={timestamps} lines={lines} height={CHART_HEIGHT} />;
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <div className={classes.label}>{label}</div>
      <div className={classes.figure}>{children}</div>
    </div>
  );
}
