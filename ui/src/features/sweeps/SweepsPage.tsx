import { ActionIcon, Button, Select } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { IconPlus, IconTrash } from "@/components/icons";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { keys } from "@/lib/api/keys";
import type { Operations, Sweep } from "@/lib/api/schema";
import { formatWhole } from "@/lib/format/money";
import { strategyTitle } from "@/lib/words/service";
import { metricOf, settingsLine } from "@/lib/words/settings";

import { deleteSweep } from "./api/deleteSweep";
import { listSweeps } from "./api/listSweeps";
import classes from "./Sweeps.module.css";

type Query = Operations["GET /sweeps"]["query"];

const PAGE_SIZE = 25;
const STATES = ["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"].map((value) => ({ value, label: value.charAt(0) + value.slice(1).toLowerCase() }));

/** All sweeps, those that run and those that are done. */
export function SweepsPage() {
  const navigate = useNavigate();
  const [state, setState] = useState<string | null>(null);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "desc" });
  const [deleting, setDeleting] = useState<Sweep | null>(null);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: sorting.sort as NonNullable<Query["sort"]>,
    order: sorting.order,
    ...(state ? { state: state as Sweep["state"] } : {}),
  };
  const sweeps = useQuery({ ...listSweeps(query), placeholderData: keepPreviousData });
  const columns: Column<Sweep>[] = [
    ...COLUMNS,
    {
      key: "delete",
      header: "Delete",
      isUnnamed: true,
      align: "end",
      from: "roomy",
      cell: (sweep) =>
        sweep.state !== "QUEUED" && sweep.state !== "RUNNING" ? (
          <ActionIcon size="sm" aria-label={`Delete sweep ${sweep.id}`} onClick={() => setDeleting(sweep)}>
            <IconTrash />
          </ActionIcon>
        ) : null,
    },
  ];
  return (
    <Page
      title="Sweeps"
      actions={
        <Button component={Link} to="/sweeps/new" leftSection={<IconPlus size={14} />}>
          New sweep
        </Button>
      }
    >
      <Panel title="Your sweeps" aside={<Select aria-label="State" placeholder="Any state" size="xs" w={130} clearable data={STATES} value={state} onChange={(value) => { setState(value); setPage(1); }} />}>
        <DataTable
          label="Sweeps"
          columns={columns}
          rows={sweeps.data?.items}
          rowKey={(sweep) => sweep.id}
          error={sweeps.error}
          retry={() => void sweeps.refetch()}
          sorting={sorting}
          onSort={(next) => { setSorting(next); setPage(1); }}
          {...(sweeps.data ? { pagination: sweeps.data.pagination } : {})}
          onPage={setPage}
          onRow={(sweep) => void navigate({ to: "/sweeps/$sweepId", params: { sweepId: String(sweep.id) } })}
          empty={
            state !== null
              ? { title: "No sweep is like that", words: "Choose another state." }
              : {
                  title: "Try a thousand settings, and learn which are luck",
                  words: "A sweep backtests every combination of what you vary, shows where a strategy works, and says how likely the best one is to be chance.",
                  action: <Button component={Link} to="/sweeps/new">New sweep</Button>,
                }
          }
        />
      </Panel>
      {deleting && <DeleteDialog sweep={deleting} onClose={() => setDeleting(null)} />}
    </Page>
  );
}

function DeleteDialog({ sweep, onClose }: { sweep: Sweep; onClose: () => void }) {
  const client = useQueryClient();
  const remove = async () => {
    await deleteSweep(sweep.id);
    await client.invalidateQueries({ queryKey: keys.sweeps.lists });
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title={`Delete sweep ${sweep.id}`} act="Delete it" isDestructive onConfirm={remove}>
      <div>All {formatWhole(sweep.combinations)} results of {strategyTitle(sweep.strategy)} on {sweep.symbols.join(", ")} are removed.</div>
    </ConfirmDialog>
  );
}

const COLUMNS: Column<Sweep>[] = [
  {
    key: "id",
    header: "Sweep",
    sortable: true,
    cell: (sweep) => (
      <div className={classes.two}>
        <Link to="/sweeps/$sweepId" params={{ sweepId: String(sweep.id) }} className={classes.name}>
          {sweep.symbols.length > 3 ? `${sweep.symbols.length} stocks` : sweep.symbols.join(", ")} · {strategyTitle(sweep.strategy)}
        </Link>
        <span className={classes.sub}>{sweep.method === "random" ? "random draws" : "every combination"}</span>
      </div>
    ),
  },
  { key: "state", header: "State", sortable: true, from: "roomy", cell: (sweep) => <StateBadge state={sweep.state} /> },
  { key: "combinations", header: "Combinations", align: "end", sortable: true, from: "roomy", cell: (sweep) => <span className="numeric">{formatWhole(sweep.combinations)}</span> },
  {
    key: "best_value",
    header: "Best",
    align: "end",
    sortable: true,
    cell: (sweep) => (
      <span className="numeric">
        {metricOf(sweep.metric).format(sweep.best_value)} <span className="faint">{metricOf(sweep.metric).title}</span>
      </span>
    ),
  },
  { key: "best_params", header: "Best settings", from: "wide", cell: (sweep) => <div className={classes.sub} title={settingsLine(sweep.best_params)}>{settingsLine(sweep.best_params)}</div> },
  { key: "created_at", header: "Made", align: "end", sortable: true, from: "wide", cell: (sweep) => <Time value={sweep.created_at} relative /> },
];
