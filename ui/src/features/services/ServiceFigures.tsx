import { useQuery } from "@tanstack/react-query";

import { Gain, Money } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { LoadingRows } from "@/components/States";
import type { Service } from "@/lib/api/schema";
import { getServiceMetrics } from "@/lib/api/services/getServiceMetrics";
import { formatPercent, formatRatio } from "@/lib/format/money";

import classes from "./ServicePage.module.css";

/** How the service has done, beside having just bought and held. */
export function ServiceFigures({ service }: { service: Service }) {
  const { data: metrics } = useQuery(getServiceMetrics(service.id));
  return (
    <Panel title="Performance" padded>
      {!metrics ? (
        <LoadingRows rows={8} />
      ) : (
        <dl className={classes.pairs}>
          <dt>Value</dt>
          <dd>
            <Money value={metrics.equity} />
          </dd>
          <dt>Return</dt>
          <dd>
            <Gain value={metrics.total_return_pct} percent />
          </dd>
          <dt>Buy and hold</dt>
          <dd>
            <Gain value={metrics.buy_and_hold_return_pct} percent />
          </dd>
          <dt>Realised</dt>
          <dd>
            <Gain value={metrics.total_gain_loss} />
          </dd>
          <dt>Deepest fall</dt>
          <dd>
            <Gain value={metrics.max_drawdown_pct} percent />
          </dd>
          <dt>Sharpe ratio</dt>
          <dd>{formatRatio(metrics.sharpe_ratio)}</dd>
          <dt>Closed trades won</dt>
          <dd>
            {formatPercent(metrics.win_rate, 0)} of {metrics.trades}
          </dd>
          <dt>Time invested</dt>
          <dd>{formatPercent(metrics.exposure_pct, 0)}</dd>
          <dt>Fees</dt>
          <dd>
            <Money value={metrics.fees} />
          </dd>
        </dl>
      )}
    </Panel>
  );
}
