import { Button, Switch } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { DataTable, type Column } from "@/components/DataTable";
import { isUnderWay, JobProgress, useJob } from "@/components/JobProgress";
import { Price } from "@/components/Money";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { FormFoot } from "@/components/settings/FormFoot";
import settingsClasses from "@/components/settings/Settings.module.css";
import { StocksSelect } from "@/components/settings/StockSelect";
import { StrategyFields } from "@/components/settings/StrategyFields";
import { BarsSelect } from "@/components/settings/TradedFields";
import { EmptyState } from "@/components/States";
import { fieldErrors } from "@/lib/api/errors";
import type { Job, ScanInput } from "@/lib/api/schema";
import type { Typed } from "@/lib/backtest/settings";
import { formatMoment } from "@/lib/format/time";
import { facts } from "@/lib/words/evidence";
import { strategyTitle } from "@/lib/words/service";

import { startScan } from "./api/startScan";
import classes from "./Scans.module.css";

interface Signal {
  symbol: string;
  side: "buy" | "sell";
  session: string;
  close: number;
  reason: string;
  evidence: Record<string, unknown>;
  is_new: boolean;
}

interface Result {
  strategy: string;
  params: Record<string, number>;
  interval: number;
  as_of: string | null;
  stocks: number;
  stale: string[];
  signals: Signal[];
}

/** What a strategy says about every stock at its last bar. */
export function ScansPage() {
  const [strategy, setStrategy] = useState("technical");
  const [params, setParams] = useState<Record<string, Typed>>({});
  const [symbols, setSymbols] = useState<string[]>([]);
  const [interval, setInterval] = useState(0);
  const [jobId, setJobId] = useState<number | null>(null);
  const job = useJob(jobId).data;
  const scan = useMutation({
    mutationFn: (body: ScanInput) => startScan(body),
    onSuccess: (started) => setJobId(started.id),
  });
  const errors = fieldErrors(scan.error);
  return (
    <Page title="Scan" subtitle="What a strategy says today about every stock">
      <div className={settingsClasses.layout} data-form="narrow">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ""));
            scan.mutate({ strategy, params: given, interval, ...(symbols.length > 0 ? { symbols } : {}) });
          }}
        >
          <Panel title="Look for" padded>
            <div className={settingsClasses.fields}>
              <StrategyFields
                strategy={strategy}
                params={params}
                errors={errors}
                onChange={(change) => {
                  if (change.strategy) setStrategy(change.strategy);
                  setParams(change.params);
                }}
              />
              <StocksSelect label="Stocks" description="None chosen: every stock with prices" values={symbols} onChange={setSymbols} error={errors["symbols"]} />
              <BarsSelect value={interval} onChange={setInterval} error={errors["interval"]} />
            </div>
            <FormFoot error={scan.error}>
              <Button type="submit" loading={scan.isPending || isUnderWay(job)}>
                Scan
              </Button>
            </FormFoot>
          </Panel>
        </form>
        <Found job={job} />
      </div>
    </Page>
  );
}

function Found({ job }: { job: Job | undefined }) {
  const [isNewOnly, setNewOnly] = useState(false);
  const result = job?.state === "SUCCEEDED" ? (job.result as unknown as Result) : null;
  const rows = useMemo(() => (result?.signals ?? []).filter((signal) => !isNewOnly || signal.is_new), [result, isNewOnly]);
  if (!result) {
    return (
      <Panel title="Signals" padded={isUnderWay(job)}>
        {job && isUnderWay(job) ? (
          <JobProgress job={job} label="Scan" />
        ) : job ? (
          <EmptyState title={job.state === "CANCELLED" ? "The scan was cancelled" : "The scan could not be finished"}>{job.error}</EmptyState>
        ) : (
          <EmptyState title="Nothing scanned yet">Choose a strategy and scan: each stock whose last bar gives a signal is listed with the reason.</EmptyState>
        )}
      </Panel>
    );
  }
  return (
    <Panel
      title={`Signals of ${strategyTitle(result.strategy)} (${rows.length})`}
      aside={<Switch size="xs" label="New ones only" checked={isNewOnly} onChange={(event) => setNewOnly(event.currentTarget.checked)} />}
    >
      <DataTable
        label="Signals"
        columns={columnsOf(result)}
        rows={rows}
        rowKey={(signal) => signal.symbol}
        empty={{ title: "No signal", words: `None of ${result.stocks} ${result.stocks === 1 ? "stock" : "stocks"} gives ${isNewOnly ? "a new" : "a"} signal at its last bar.` }}
      />
      <p className={classes.note}>
        {result.as_of ? `At the last bar, ${formatMoment(result.as_of)}, of ${result.stocks} ${result.stocks === 1 ? "stock" : "stocks"}.` : "No prices are stored."}
        {result.stale.length > 0 && ` Left out, as their prices end earlier: ${result.stale.join(", ")}.`}
      </p>
    </Panel>
  );
}

function columnsOf(result: Result): Column<Signal>[] {
  return [
    { key: "symbol", header: "Stock", cell: (signal) => <strong>{signal.symbol}</strong> },
    {
      key: "side",
      header: "Signal",
      cell: (signal) => (
        <>
          <span className={classes.side} data-side={signal.side}>{signal.side === "buy" ? "Buy" : "Sell"}</span> {signal.is_new && <span className={classes.new}>new</span>}
        </>
      ),
    },
    { key: "close", header: "Close", align: "end", cell: (signal) => <Price value={signal.close} /> },
    { key: "reason", header: "Because", from: "roomy", cell: (signal) => signal.reason },
    { key: "evidence", header: "Figures", from: "wide", cell: (signal) => <span className={classes.facts}>{facts(signal.evidence).map((fact) => `${fact.name} ${fact.value}`).join(" · ")}</span> },
    {
      key: "act",
      header: "Backtest",
      isUnnamed: true,
      align: "end",
      cell: (signal) => (
        <Link to="/backtests/new" search={{ settings: { symbol: signal.symbol, strategy: result.strategy, params: result.params, interval: result.interval } }}>
          Backtest
        </Link>
      ),
    },
  ];
}
