import { Select } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { Panel } from "@/components/Panel";
import type { SweepDetail, SweepResult } from "@/lib/api/schema";
import { metricOf, METRICS, settingTitle, settingValue } from "@/lib/words/settings";

import { listResults } from "./api/listResults";
import { Combination } from "./Combination";

const PAGE_SIZE = 20;
const ALL = "";
const NARROW = new Set(["total_return_pct", "sharpe_ratio"]);
const SHOWN = METRICS.filter((metric) => !["volatility", "expectancy", "fees", "max_drawdown_days"].includes(metric.name));

/** Every combination with its settings and figures, sortable by any of them. */
export function ResultTable({ sweep }: { sweep: SweepDetail }) {
  const own = metricOf(sweep.metric);
  const [sorting, setSorting] = useState<Sorting>({ sort: sweep.metric, order: own.isLow ? "asc" : "desc" });
  const [page, setPage] = useState(1);
  const [symbol, setSymbol] = useState(ALL);
  const [chosen, setChosen] = useState<SweepResult | null>(null);
  const results = useQuery({ ...listResults(sweep.id, { page, page_size: PAGE_SIZE, sort: sorting.sort, order: sorting.order, ...(symbol ? { symbol } : {}) }), placeholderData: keepPreviousData });
  const columns: Column<SweepResult>[] = [
    ...sweep.settings.map((name): Column<SweepResult> => ({ key: name, header: settingTitle(name), sortable: true, cell: (row) => <span className="numeric">{settingValue(name, row.params[name])}</span> })),
    ...[own, ...SHOWN.filter((metric) => metric.name !== own.name)].map(
      (metric): Column<SweepResult> => ({
        key: metric.name,
        header: metric.title,
        align: "end",
        sortable: true,
        ...(NARROW.has(metric.name) || metric === own ? {} : { from: "wide" as const }),
        cell: (row) => <span className="numeric">{row.metrics ? metric.format(row.metrics[metric.name] as number | null) : "–"}</span>,
      }),
    ),
  ];
  return (
    <Panel
      title="Every combination"
      aside={
        sweep.symbols.length > 1 ? (
          <Select
            size="xs"
            aria-label="Stock"
            allowDeselect={false}
            data={[{ value: ALL, label: "All stocks together" }, ...sweep.symbols]}
            value={symbol}
            onChange={(value) => { setSymbol(value ?? ALL); setPage(1); setChosen(null); }}
          />
        ) : (
          <span className="faint">Choose one to backtest or trade it</span>
        )
      }
    >
      <DataTable
        label="Combinations"
        columns={columns}
        rows={results.data?.items}
        rowKey={(row) => row.index}
        error={results.error}
        retry={() => void results.refetch()}
        sorting={sorting}
        onSort={(next) => { setSorting(next); setPage(1); }}
        {...(results.data ? { pagination: results.data.pagination } : {})}
        onPage={setPage}
        onChoose={setChosen}
        isSelected={(row) => row.index === chosen?.index}
        empty={{ title: "No combination" }}
      />
      {chosen?.metrics && <Combination sweep={symbol ? { ...sweep, symbol } : sweep} label="Chosen" params={chosen.params} metrics={chosen.metrics as Record<string, number | null>} metric={own} />}
    </Panel>
  );
}
