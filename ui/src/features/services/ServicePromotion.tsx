import { Button, Group, Select } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column } from "@/components/DataTable";
import { notifyDone, notifyFailure } from "@/components/notify";
import { StateBadge } from "@/components/StateBadge";
import { ErrorState, LoadingRows } from "@/components/States";
import { Time } from "@/components/Time";
import { listBacktests } from "@/lib/api/backtests/listBacktests";
import { ApiError } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import type { BacktestItem, Criterion, Service } from "@/lib/api/schema";
import { backtestService } from "@/lib/api/services/backtestService";
import { getPromotion } from "@/lib/api/services/getPromotion";
import { promoteService } from "@/lib/api/services/promoteService";
import { updateService } from "@/lib/api/services/updateService";
import { withdrawPromotion } from "@/lib/api/services/withdrawPromotion";
import { formatFigure, formatSignedPercent } from "@/lib/format/money";

import classes from "./ServicePage.module.css";
import { PAPER, TradesAt } from "./TradesAt";

/** Whether the service may trade real money, what it lacks, and the owner's word. */
export function ServicePromotion({ service }: { service: Service }) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<number | null>(null);
  const [asked, setAsked] = useState<"live" | "paper" | null>(null);
  const gate = useQuery({ ...getPromotion(service.id, chosen), placeholderData: keepPreviousData });
  const backtests = useQuery(listBacktests({ symbol: service.stock_symbol, strategy: service.strategy, page_size: 50, sort: "id", order: "desc" }));
  const again = () => client.invalidateQueries({ queryKey: keys.services.everyPromotion });
  const test = useMutation({
    mutationFn: () => backtestService(service.id),
    onSuccess: async (report) => {
      await client.invalidateQueries({ queryKey: keys.backtests.lists });
      setChosen(report.id);
    },
    onError: notifyFailure,
  });
  const state = gate.data;
  if (!state) return <div className={classes.padded}>{gate.error ? <ErrorState error={gate.error} retry={() => void gate.refetch()} /> : <LoadingRows rows={6} />}</div>;
  const isOptedIn = state.opted_in_at !== null;
  const isEnough = state.criteria.every((criterion) => criterion.is_met);
  return (
    <>
      <div className={classes.filters}>
        {state.is_permitted ? (
          <StateBadge state="ACTIVE" word="May trade real money" />
        ) : service.broker === PAPER ? (
          <StateBadge state="INACTIVE" word="Paper only" />
        ) : (
          <StateBadge state="PAUSED" word={`Buys nothing at ${service.broker}`} />
        )}
        <span className="soft" role="status">
          {state.reason ? `Why: ${state.reason}.` : null}
          {state.opted_in_at && state.is_permitted ? (
            <>
              Since <Time value={state.opted_in_at} />, with backtest {state.backtest_id}.
            </>
          ) : null}
        </span>
        {(state.is_permitted || service.broker !== PAPER) && <TradesAt service={service} />}
      </div>
      <div className={classes.padded}>
        <Group gap="xs" align="end">
          <Select
            label="Backtest that stands for it"
            placeholder="None yet"
            data={(backtests.data?.items ?? []).map((item) => ({ value: String(item.id), label: titleOf(item) }))}
            value={state.backtest_id === null ? null : String(state.backtest_id)}
            onChange={(value) => setChosen(value === null ? null : Number(value))}
            miw={330}
          />
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            Backtest its settings
          </Button>
          {isOptedIn && (
            <Button variant="default" ml="auto" onClick={() => setAsked("paper")}>
              Back to paper only
            </Button>
          )}
          {!state.is_permitted && (
            <Button ml={isOptedIn ? undefined : "auto"} disabled={!isEnough || state.backtest_id === null} onClick={() => setAsked("live")}>
              Let it trade real money
            </Button>
          )}
        </Group>
      </div>
      {state.criteria.some((criterion) => criterion.threshold === null) && (
        <p className={classes.missing}>
          Where nothing is asked for, nothing is enough: <Link to="/settings">set your thresholds</Link>.
        </p>
      )}
      <DataTable label="Criteria" columns={COLUMNS} rows={state.criteria} rowKey={(criterion) => criterion.name} empty={{ title: "No criteria" }} />
      <ConfirmDialog
        isOpen={asked === "live"}
        onClose={() => setAsked(null)}
        title={`Let ${service.name} trade real money`}
        act="Let it trade real money"
        isDestructive
        onConfirm={async () => {
          if (state.backtest_id !== null) await promoteService(service.id, state.backtest_id);
          setChosen(null);
          await again();
        }}
      >
        <div>
          At a broker it then buys and sells with your money. Backtest {state.backtest_id} is pinned to it: a changed setting, a restated price or a figure that no longer suffices shuts the gate again. Until
          you give it a broker, the service stays on paper.
        </div>
      </ConfirmDialog>
      <BackToPaper service={service} isOpen={asked === "paper"} onClose={() => setAsked(null)} onDone={again} />
    </>
  );
}

/** The owner's word taken back; the service leaves the broker too, unless something of it is still there. */
function BackToPaper({ service, isOpen, onClose, onDone }: { service: Service; isOpen: boolean; onClose: () => void; onDone: () => Promise<void> }) {
  const client = useQueryClient();
  const { broker } = service;
  const leave = async () => {
    try {
      client.setQueryData(keys.services.one(service.id), await updateService(service.id, { broker: PAPER }));
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
      notifyDone(`It buys nothing more at ${broker}. It trades on paper once its shares are sold and no order is under way: choose Paper then.`);
    }
  };
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Take ${service.name} back to paper`}
      act="Back to paper only"
      onConfirm={async () => {
        await withdrawPromotion(service.id);
        if (broker !== PAPER) await leave();
        await onDone();
      }}
    >
      <div>
        It buys nothing more with real money. {broker !== PAPER && `Shares that it holds at ${broker} stay there with their stop and target until they are sold; without any it trades on paper at once. `}To let
        it trade real money again takes your word anew.
      </div>
    </ConfirmDialog>
  );
}

const COLUMNS: Column<Criterion>[] = [
  {
    key: "description",
    header: "Criterion",
    cell: (criterion) => (
      <>
        {criterion.description}
        {criterion.note && <div className="faint">{criterion.note}</div>}
      </>
    ),
  },
  { key: "measured", header: "There is", align: "end", cell: (criterion) => formatFigure(criterion.measured) },
  { key: "threshold", header: "Asked for", align: "end", cell: (criterion) => formatFigure(criterion.threshold) },
  { key: "is_met", header: "Met", cell: (criterion) => (criterion.is_met ? <span className="gain">yes</span> : <span className="loss">no</span>) },
];

function titleOf(item: BacktestItem): string {
  return `${item.id}: ${item.start} to ${item.end}, ${formatSignedPercent(item.total_return_pct)}`;
}
