import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { Gain } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { ErrorState, LoadingRows } from "@/components/States";
import type { SweepDetail, SweepSymbol } from "@/lib/api/schema";
import { formatPercent } from "@/lib/format/money";
import { metricOf, settingsLine } from "@/lib/words/settings";

import { getFindings } from "./api/getFindings";
import { listSymbols } from "./api/listSymbols";
import classes from "./Sweeps.module.css";
import { VerdictPanel } from "./VerdictPanel";
import { LEVELS } from "./verdict";
import { WalkForwardPanel } from "./WalkForwardPanel";

const PAGE_SIZE = 20;

/** Each stock judged alone: its own best, whether that is luck, and how choosing anew would have done. */
export function SymbolsPanel({ sweep }: { sweep: SweepDetail }) {
  const metric = metricOf(sweep.metric);
  const [sorting, setSorting] = useState<Sorting>({ sort: "value", order: metric.isLow ? "asc" : "desc" });
  const [page, setPage] = useState(1);
  const [chosen, setChosen] = useState<string | null>(null);
  const sort = sorting.sort as "symbol" | "value";
  const symbols = useQuery({ ...listSymbols(sweep.id, { page, page_size: PAGE_SIZE, sort, order: sorting.order }), placeholderData: keepPreviousData });
  const share = (value: number | null) => <span className="numeric">{formatPercent(value === null ? value : value * 100, 0)}</span>;
  const columns: Column<SweepSymbol>[] = [
    { key: "symbol", header: "Stock", sortable: true, cell: (row) => row.symbol },
    { key: "settings", header: "Its best", from: "roomy", cell: (row) => <div className={classes.sub}>{row.settings ? settingsLine(row.settings) : "nothing traded"}</div> },
    { key: "value", header: metric.title, align: "end", sortable: true, cell: (row) => <span className="numeric">{metric.format(row.value)}</span> },
    { key: "overfitting", header: "Overfitting", align: "end", sortable: true, from: "wide", cell: (row) => share(row.overfitting) },
    { key: "deflated_sharpe", header: "Sharpe, deflated", align: "end", sortable: true, from: "wide", cell: (row) => share(row.deflated_sharpe) },
    ...(sweep.request["walk_forward"]
      ? [
          { key: "walk_forward_return_pct", header: "Walked forward", align: "end", sortable: true, from: "roomy", cell: (row) => <Gain value={row.walk_forward_return_pct} percent /> } satisfies Column<SweepSymbol>,
        ]
      : []),
    { key: "level", header: "Verdict", cell: (row) => LEVELS[row.level] },
  ];
  return (
    <>
      <Panel title="Stock by stock" aside={<span className="faint">Choose one to see what it alone says</span>}>
        <DataTable
          label="Stocks"
          columns={columns}
          rows={symbols.data?.items}
          rowKey={(row) => row.symbol}
          error={symbols.error}
          retry={() => void symbols.refetch()}
          sorting={sorting}
          onSort={(next) => { setSorting(next); setPage(1); }}
          {...(symbols.data ? { pagination: symbols.data.pagination } : {})}
          onPage={setPage}
          onChoose={(row) => setChosen(row.symbol)}
          isSelected={(row) => row.symbol === chosen}
          empty={{ title: "No stock" }}
        />
      </Panel>
      {chosen && <Alone sweep={sweep} symbol={chosen} />}
    </>
  );
}

function Alone({ sweep, symbol }: { sweep: SweepDetail; symbol: string }) {
  const { data: findings, error, refetch } = useQuery(getFindings(sweep.id, symbol));
  if (!findings) return <Panel title={symbol}>{error ? <ErrorState error={error} retry={() => void refetch()} /> : <LoadingRows rows={6} />}</Panel>;
  return (
    <>
      <VerdictPanel sweep={{ ...sweep, symbol }} findings={findings} title={`${symbol} alone`} />
      <WalkForwardPanel metric={sweep.metric} findings={findings} />
    </>
  );
}
