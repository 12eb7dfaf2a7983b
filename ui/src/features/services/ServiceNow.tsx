import { useQuery } from "@tanstack/react-query";

import { Gain, Money, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { useStrategies } from "@/components/settings/StrategyFields";
import { Time } from "@/components/Time";
import { getLatest } from "@/lib/api/prices/getLatest";
import type { Service } from "@/lib/api/schema";
import { getServiceMetrics } from "@/lib/api/services/getServiceMetrics";
import { listDecisions } from "@/lib/api/services/listDecisions";
import { formatFigure, formatPrice } from "@/lib/format/money";
import { waitsFor } from "@/lib/words/service";

import { Facts } from "./Facts";
import { OrdersUnderWay } from "./OrdersUnderWay";
import classes from "./ServicePage.module.css";

const LAST = { sort: "bar_time", order: "desc", page_size: 1 } as const;

/** What the service is doing now and why, and what it holds. */
export function ServiceNow({ service }: { service: Service }) {
  const decision = useQuery(listDecisions(service.id, LAST)).data?.items[0];
  const metrics = useQuery(getServiceMetrics(service.id)).data;
  const rule = useStrategies().find((strategy) => strategy.name === service.strategy)?.description;
  const price = useQuery(getLatest(service.stock_symbol)).data?.items.find((item) => item.interval === service.interval)?.close;
  return (
    <Panel title="Now" aside={<span className="faint">{waitsFor(service)}</span>} padded>
      <div className={classes.stack}>
        {service.state === "ERROR" && <div className="loss">{service.error_reason}</div>}
        {decision ? (
          <div data-testid="last-decision">
            <div className="faint">
              Last decision, bar of <Time value={decision.bar_time} />
            </div>
            <div className={classes.answer}>{sentence(decision.action, decision.shares, decision.reason)}</div>
          </div>
        ) : (
          <div className="soft">{service.state === "ACTIVE" ? "It decides at the end of the next bar." : "It has not decided anything yet: activate it to let it trade."}</div>
        )}
        {decision && <Facts evidence={decision.evidence} />}
        {rule && (
          <div>
            <span className="faint">Its rule</span>
            <div className="soft">{[rule, limits(service)].filter(Boolean).join(" ")}</div>
          </div>
        )}
        <hr className={classes.rule} />
        {service.current_shares > 0 && price && service.stop_price && service.target_price ? (
          <Band price={price} stop={service.stop_price} target={service.target_price} />
        ) : null}
        <dl className={classes.pairs}>
          <dt>Last price</dt>
          <dd>
            <Price value={price} />
          </dd>
          <dt>Position</dt>
          <dd>{service.current_shares > 0 ? `${service.current_shares.toLocaleString("en-US")} shares` : "no shares"}</dd>
          {service.current_shares > 0 && (
            <>
              <dt>Worth</dt>
              <dd>
                <Money value={metrics?.position_value} />
              </dd>
              <dt>Open gain</dt>
              <dd>
                <Gain value={metrics?.unrealized_gain_loss} />
              </dd>
            </>
          )}
          <dt>Cash</dt>
          <dd>
            <Money value={service.current_balance} />
          </dd>
          {service.reserved_cash > 0 && (
            <>
              <dt>Reserved for an order</dt>
              <dd>
                <Money value={service.reserved_cash} />
              </dd>
            </>
          )}
        </dl>
        <OrdersUnderWay serviceId={service.id} />
      </div>
    </Panel>
  );
}

/** Where the price stands between stop and target. */
function Band({ price, stop, target }: { price: number; stop: number; target: number }) {
  const share = Math.min(1, Math.max(0, (price - stop) / (target - stop)));
  return (
    <div className={classes.band} role="img" aria-label={`Price ${formatPrice(price)} between stop ${formatPrice(stop)} and target ${formatPrice(target)}`}>
      <div className={classes.bandLine} />
      <div className={classes.bandMark} style={{ left: `calc(${(share * 100).toFixed(1)}% - 1px)` }} />
      <div className={classes.bandEnds}>
        <span className="loss">Stop {formatPrice(stop)}</span>
        <span className="gain">Target {formatPrice(target)}</span>
      </div>
    </div>
  );
}

/** The stop and the target in words. */
function limits({ stop_loss_percent: stop, take_profit_percent: target }: Service): string {
  const parts = [stop > 0 && `${formatFigure(stop)}\u202f% below its entry`, target > 0 && `${formatFigure(target)}\u202f% above it`].filter(Boolean);
  return parts.length > 0 ? `It also sells ${parts.join(" or ")}.` : "";
}

function sentence(action: string, shares: number, reason: string): string {
  if (action === "BUY") return `Buy ${shares.toLocaleString("en-US")}: ${reason}`;
  if (action === "SELL") return `Sell: ${reason}`;
  return `Nothing: ${reason}`;
}
