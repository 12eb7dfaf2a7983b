import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Gain, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState, LoadingRows } from "@/components/States";
import { Time } from "@/components/Time";
import type { Transaction } from "@/lib/api/schema";
import { listTransactions } from "@/lib/api/transactions/listTransactions";

import classes from "./Dashboard.module.css";

const SHOWN = 9;
const BOUGHT = { sort: "purchase_date", order: "desc", page_size: SHOWN } as const;
const SOLD = { state: "CLOSED", sort: "sale_date", order: "desc", page_size: SHOWN } as const;

interface Trade {
  key: string;
  side: "BUY" | "SELL";
  at: string;
  price: number | null;
  reason: string | null;
  transaction: Transaction;
}

/** The last buys and sells of all services, newest first, each with its reason. */
export function RecentTrades() {
  const bought = useQuery(listTransactions(BOUGHT));
  const sold = useQuery(listTransactions(SOLD));
  const error = bought.error ?? sold.error;
  const trades = bought.data && sold.data ? newest(bought.data.items, sold.data.items) : undefined;
  return (
    <Panel
      title="Recent trades"
      aside={
        <Button component={Link} to="/transactions" variant="subtle" size="compact-xs">
          All transactions
        </Button>
      }
    >
      {!trades ? (
        error ? <ErrorState error={error} /> : <LoadingRows rows={8} />
      ) : trades.length === 0 ? (
        <EmptyState title="No trades yet">A service buys when its strategy gives an entry signal at the end of a bar.</EmptyState>
      ) : (
        <ul className={classes.trades}>
          {trades.map((trade) => (
            <TradeItem key={trade.key} trade={trade} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function TradeItem({ trade }: { trade: Trade }) {
  const { transaction, side } = trade;
  return (
    <li className={classes.trade}>
      <span className={`${classes.side} ${side === "BUY" ? classes.buy : classes.sell}`}>{side === "BUY" ? "Buy" : "Sell"}</span>
      <span>
        <strong>{transaction.stock_symbol}</strong>{" "}
        <span className="numeric soft">
          {transaction.shares.toLocaleString("en-US")} × <Price value={trade.price} />
        </span>
      </span>
      <span className={classes.end}>{side === "SELL" ? <Gain value={transaction.gain_loss} /> : null}</span>
      <span className={classes.reason} title={trade.reason ?? undefined}>
        {trade.reason}
      </span>
      <span className={`${classes.end} ${classes.sub}`}>
        <Time value={trade.at} />
      </span>
    </li>
  );
}

function newest(bought: Transaction[], sold: Transaction[]): Trade[] {
  const buys = bought
    .filter((transaction) => transaction.state !== "CANCELLED")
    .map((transaction): Trade => {
      const { id, purchase_date: at, purchase_price: price, entry_reason: reason } = transaction;
      return { key: `b${id}`, side: "BUY", at, price, reason, transaction };
    });
  const sales = sold.map((transaction): Trade => {
    const { id, sale_date: at, sale_price: price, exit_reason: reason } = transaction;
    return { key: `s${id}`, side: "SELL", at: at ?? "", price, reason, transaction };
  });
  return [...buys, ...sales].sort((a, b) => b.at.localeCompare(a.at)).slice(0, SHOWN);
}
