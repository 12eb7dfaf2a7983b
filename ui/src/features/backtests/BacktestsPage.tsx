import { ActionIcon, Button, Checkbox, Select } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { IconPlus, IconTrash } from "@/components/icons";
import { Gain } from "@/components/Money";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { useStocks } from "@/components/settings/StockSelect";
import { useStrategies } from "@/components/settings/StrategyFields";
import { Time } from "@/components/Time";
import { listBacktests } from "@/lib/api/backtests/listBacktests";
import { keys } from "@/lib/api/keys";
import type { BacktestItem, Operations } from "@/lib/api/schema";
import { formatRatio, formatWhole } from "@/lib/format/money";
import { formatMoment } from "@/lib/format/time";
import { intervalTitle, strategyTitle } from "@/lib/words/service";
import { settingsLine } from "@/lib/words/settings";

import { deleteBacktest } from "./api/deleteBacktest";
import classes from "./Backtests.module.css";

type Query = Operations["GET /backtests"]["query"];

const PAGE_SIZE = 25;
const COMPARED = 2;

/** The kept backtests: find, sort, open, compare two, delete. */
export function BacktestsPage() {
  const navigate = useNavigate();
  const [symbol, setSymbol] = useState<string | null>(null);
  const [strategy, setStrategy] = useState<string | null>(null);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "desc" });
  const [chosen, setChosen] = useState<number[]>([]);
  const [deleting, setDeleting] = useState<BacktestItem | null>(null);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: sorting.sort as NonNullable<Query["sort"]>,
    order: sorting.order,
    ...(symbol ? { symbol } : {}),
    ...(strategy ? { strategy } : {}),
  };
  const backtests = useQuery({ ...listBacktests(query), placeholderData: keepPreviousData });
  const stocks = useStocks();
  const strategies = useStrategies();
  const choose = (id: number) => setChosen((known) => (known.includes(id) ? known.filter((one) => one !== id) : [...known, id].slice(-COMPARED)));
  const columns: Column<BacktestItem>[] = [
    {
      key: "choose",
      header: "Compare",
      isUnnamed: true,
      from: "roomy",
      cell: (item) => <Checkbox size="xs" aria-label={`Compare backtest ${item.id}`} checked={chosen.includes(item.id)} onChange={() => choose(item.id)} />,
    },
    ...COLUMNS,
    {
      key: "delete",
      header: "Delete",
      isUnnamed: true,
      align: "end",
      from: "roomy",
      cell: (item) => (
        <ActionIcon size="sm" aria-label={`Delete backtest ${item.id}`} onClick={() => setDeleting(item)}>
          <IconTrash />
        </ActionIcon>
      ),
    },
  ];
  return (
    <Page
      title="Backtests"
      actions={
        <>
          <Button
            variant="default"
            disabled={chosen.length !== COMPARED}
            title={chosen.length === COMPARED ? undefined : "Choose two in the list"}
            onClick={() => void navigate({ to: "/backtests/compare", search: { ids: chosen.join(",") } })}
          >
            Compare{chosen.length > 0 ? ` (${chosen.length} of ${COMPARED})` : " two"}
          </Button>
          <Button component={Link} to="/backtests/new" leftSection={<IconPlus size={14} />}>
            New backtest
          </Button>
        </>
      }
    >
      <Panel
        title="Kept reports"
        aside={
          <>
            <Select aria-label="Stock" placeholder="Any stock" size="xs" w={120} clearable searchable data={stocks.map((stock) => stock.symbol)} value={symbol} onChange={(value) => { setSymbol(value); setPage(1); }} />
            <Select aria-label="Strategy" placeholder="Any strategy" size="xs" w={170} clearable data={strategies.map((one) => ({ value: one.name, label: strategyTitle(one.name) }))} value={strategy} onChange={(value) => { setStrategy(value); setPage(1); }} />
          </>
        }
      >
        <DataTable
          label="Backtests"
          columns={columns}
          rows={backtests.data?.items}
          unreadable={backtests.data?.unreadable}
          rowKey={(item) => item.id}
          error={backtests.error}
          retry={() => void backtests.refetch()}
          sorting={sorting}
          onSort={(next) => { setSorting(next); setPage(1); }}
          {...(backtests.data ? { pagination: backtests.data.pagination } : {})}
          onPage={setPage}
          onRow={(item) => void navigate({ to: "/backtests/$backtestId", params: { backtestId: String(item.id) } })}
          isSelected={(item) => chosen.includes(item.id)}
          empty={
            symbol !== null || strategy !== null
              ? { title: "No backtest is like that", words: "Choose another stock or strategy." }
              : {
                  title: "See what a strategy would have made",
                  words: "A backtest trades past prices by the rules by which the engine would, to the cent. Reports are kept here with the prices that they were made from.",
                  action: <Button component={Link} to="/backtests/new">New backtest</Button>,
                }
          }
        />
      </Panel>
      {deleting && <DeleteDialog item={deleting} onClose={() => setDeleting(null)} onDone={() => setChosen((known) => known.filter((id) => id !== deleting.id))} />}
    </Page>
  );
}

function DeleteDialog({ item, onClose, onDone }: { item: BacktestItem; onClose: () => void; onDone: () => void }) {
  const client = useQueryClient();
  const remove = async () => {
    await deleteBacktest(item.id);
    onDone();
    await client.invalidateQueries({ queryKey: keys.backtests.lists });
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title={`Delete backtest ${item.id}`} act="Delete it" isDestructive onConfirm={remove}>
      <div>
        The report of {strategyTitle(item.strategy)} on {item.symbol}, {formatMoment(item.start)} to {formatMoment(item.end)}, is removed. It can be run again as long as its prices are stored.
      </div>
    </ConfirmDialog>
  );
}

const COLUMNS: Column<BacktestItem>[] = [
  {
    key: "id",
    header: "Backtest",
    sortable: true,
    cell: (item) => (
      <div className={classes.two}>
        <Link to="/backtests/$backtestId" params={{ backtestId: String(item.id) }} className={classes.name}>
          {item.symbol} · {strategyTitle(item.strategy)}
        </Link>
        <span className={classes.sub} title={settingsLine(item.params)}>{settingsLine(item.params) || intervalTitle(item.interval)}</span>
      </div>
    ),
  },
  {
    key: "start",
    header: "Span",
    sortable: true,
    from: "wide",
    cell: (item) => <span className="numeric">{formatMoment(item.start)} – {formatMoment(item.end)}</span>,
  },
  { key: "total_return_pct", header: "Return", align: "end", sortable: true, cell: (item) => <Gain value={item.total_return_pct} percent /> },
  { key: "buy_and_hold_return_pct", header: "Buy and hold", align: "end", sortable: true, from: "roomy", cell: (item) => <Gain value={item.buy_and_hold_return_pct} percent bare /> },
  { key: "max_drawdown_pct", header: "Deepest fall", align: "end", sortable: true, from: "roomy", cell: (item) => <Gain value={item.max_drawdown_pct} percent bare /> },
  { key: "sharpe_ratio", header: "Sharpe", align: "end", sortable: true, cell: (item) => <span className="numeric">{formatRatio(item.sharpe_ratio)}</span> },
  { key: "trades", header: "Trades", align: "end", sortable: true, from: "roomy", cell: (item) => <span className="numeric">{formatWhole(item.trades)}</span> },
  { key: "created_at", header: "Made", align: "end", sortable: true, from: "wide", cell: (item) => <Time value={item.created_at} relative /> },
];
