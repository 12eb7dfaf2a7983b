import { Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { keys } from "@/lib/api/keys";
import type { CorporateAction, Operations } from "@/lib/api/schema";

import classes from "./Admin.module.css";
import { listActions } from "./api/listActions";
import { releaseAction } from "./api/releaseAction";

type Query = Operations["GET /corporate-actions"]["query"];

const PAGE_SIZE = 25;

/** Dividends and splits; one that is too large to be true waits here for somebody who knows. */
export function ActionsSection() {
  const client = useQueryClient();
  const [which, setWhich] = useState("held");
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "ex_date", order: "desc" });
  const [releasing, setReleasing] = useState<CorporateAction | null>(null);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: sorting.sort as NonNullable<Query["sort"]>,
    order: sorting.order,
    ...(which === "held" ? { is_quarantined: true } : {}),
  };
  const actions = useQuery({ ...listActions(query), placeholderData: keepPreviousData });
  const columns: Column<CorporateAction>[] = [
    ...COLUMNS,
    {
      key: "release",
      header: "Release",
      isUnnamed: true,
      align: "end",
      cell: (action) =>
        action.is_quarantined ? (
          <Button variant="default" size="compact-xs" onClick={() => setReleasing(action)}>
            Release
          </Button>
        ) : null,
    },
  ];
  return (
    <Panel
      title="Dividends and splits"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Which"
          data={[
            { value: "held", label: "Held back" },
            { value: "all", label: "All" },
          ]}
          value={which}
          onChange={(value) => { setWhich(value); setPage(1); }}
        />
      }
    >
      <DataTable
        label="Dividends and splits"
        columns={columns}
        rows={actions.data?.items}
        rowKey={(action) => action.id}
        error={actions.error}
        retry={() => void actions.refetch()}
        sorting={sorting}
        onSort={(next) => { setSorting(next); setPage(1); }}
        {...(actions.data ? { pagination: actions.data.pagination } : {})}
        onPage={setPage}
        empty={
          which === "held"
            ? { title: "Nothing is held back", words: "A dividend that is too large to be true is not paid until an admin releases it here." }
            : { title: "No dividends or splits yet", words: "They come with imported and fetched prices." }
        }
      />
      {releasing && (
        <ConfirmDialog
          isOpen
          onClose={() => setReleasing(null)}
          title={`Release the dividend of ${releasing.symbol}`}
          act="Release it"
          onConfirm={async () => {
            await releaseAction(releasing.id);
            await client.invalidateQueries({ queryKey: keys.admin.allActions });
          }}
        >
          <div>
            {releasing.amount} for each share goes to whoever held {releasing.symbol} before <Time value={releasing.ex_date} />. Make sure that it is right: {releasing.source} told it.
          </div>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

const COLUMNS: Column<CorporateAction>[] = [
  { key: "ex_date", header: "Ex date", sortable: true, cell: (action) => <Time value={action.ex_date} /> },
  { key: "symbol", header: "Stock", sortable: true, cell: (action) => <strong>{action.symbol}</strong> },
  { key: "kind", header: "Kind", sortable: true, cell: (action) => (action.kind === "SPLIT" ? `Split ${action.ratio_numerator} for ${action.ratio_denominator}` : `Dividend of ${action.amount} a share`) },
  { key: "is_quarantined", header: "State", sortable: true, from: "roomy", cell: (action) => <StateBadge state={action.is_quarantined ? "PAUSED" : "ACTIVE"} word={action.is_quarantined ? "held back" : "in force"} /> },
  { key: "source", header: "From", sortable: true, from: "wide", cell: (action) => <span className={classes.name}>{action.source}</span> },
];
