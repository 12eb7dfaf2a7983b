import { useQuery } from "@tanstack/react-query";

import { Panel } from "@/components/Panel";
import { getInfo } from "@/lib/api/system/getInfo";

import classes from "./Settings.module.css";

/** What runs here, and by whose work. */
export function About() {
  const { data: info } = useQuery(getInfo());
  return (
    <Panel title="About" padded>
      <p className={classes.about}>
        DayTrader {info?.version}, Apache-2.0. <a href="/api/v1/docs">API</a>. Charts by <a href="https://www.tradingview.com/" rel="noreferrer">TradingView</a> Lightweight Charts™,
        Copyright 2025 TradingView, Inc. Type: Inter, SIL Open Font License.
      </p>
    </Panel>
  );
}
