import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";

import { isUnderWay, JobProgress, useJob } from "@/components/JobProgress";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/States";
import { keys } from "@/lib/api/keys";
import type { SweepDetail } from "@/lib/api/schema";
import { formatWhole } from "@/lib/format/money";
import { formatDuration } from "@/lib/format/time";
import { intervalTitle, strategyTitle } from "@/lib/words/service";

import { getSweep } from "./api/getSweep";
import { HeatmapPanel } from "./HeatmapPanel";
import { LeftOut } from "./LeftOut";
import { ResultTable } from "./ResultTable";
import classes from "./Sweeps.module.css";
import { SymbolsPanel } from "./SymbolsPanel";
import { VerdictPanel } from "./VerdictPanel";
import { WalkForwardPanel } from "./WalkForwardPanel";

/** One sweep: how far it is; then whether its best may be believed, where it works, and every combination. */
export function SweepPage() {
  const { sweepId } = useParams({ from: "/sweeps/$sweepId" });
  const id = Number(sweepId);
  const { data: sweep, error, refetch } = useQuery(getSweep(id));
  if (!sweep) {
    return (
      <Page title={`Sweep ${sweepId}`}>
        <Panel>{error ? <ErrorState error={error} retry={() => void refetch()} /> : <LoadingRows rows={12} />}</Panel>
      </Page>
    );
  }
  return (
    <Page
      title={`Sweep ${sweep.id}: ${sweep.symbols.join(", ")}`}
      heading={
        <span className={classes.heading}>
          {strategyTitle(sweep.strategy)} <span className={classes.symbol}>{sweep.symbols.length > 4 ? `${sweep.symbols.length} stocks` : sweep.symbols.join(", ")}</span>
          {sweep.state !== "SUCCEEDED" && <StateBadge state={sweep.state} />}
        </span>
      }
      subtitle={`Sweep ${sweep.id} · ${formatWhole(sweep.combinations)} combinations · ${intervalTitle(sweep.interval)} bars`}
      actions={
        <Button component={Link} to="/sweeps/new" variant="default">
          New sweep
        </Button>
      }
    >
      {sweep.state === "SUCCEEDED" ? <Results sweep={sweep} /> : <UnderWay sweep={sweep} />}
    </Page>
  );
}

function Results({ sweep }: { sweep: SweepDetail }) {
  const { findings } = sweep;
  const isOne = sweep.symbols.length === 1;
  return (
    <>
      {findings && <VerdictPanel sweep={sweep} findings={findings} {...(isOne ? {} : { title: "One choice for all" })} />}
      <LeftOut stocks={sweep.left_out} />
      {!isOne && <SymbolsPanel sweep={sweep} />}
      {sweep.settings.length > 1 && <HeatmapPanel sweep={sweep} />}
      {findings && <WalkForwardPanel metric={sweep.metric} findings={findings} />}
      <ResultTable sweep={sweep} />
    </>
  );
}

function UnderWay({ sweep }: { sweep: SweepDetail }) {
  const client = useQueryClient();
  const job = useJob(sweep.job_id).data;
  const isOver = job !== undefined && !isUnderWay(job);
  useEffect(() => {
    if (isOver) void client.invalidateQueries({ queryKey: keys.sweeps.one(sweep.id) });
  }, [isOver, client, sweep.id]);
  if (sweep.state === "FAILED" || sweep.state === "CANCELLED") {
    return (
      <Panel>
        <EmptyState title={sweep.state === "FAILED" ? "It could not be finished" : "It was cancelled"} action={<Button component={Link} to="/sweeps/new">New sweep</Button>}>
          {sweep.error ?? job?.error ?? "Nothing of it was kept."}
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel title="Under way" padded>
      {job ? <JobProgress job={job} label="Sweep" /> : <LoadingRows rows={1} />}
      <p className={classes.hint}>
        {formatWhole(sweep.combinations)} combinations, estimated at {formatDuration(Math.max(1, sweep.estimated_seconds))}, then the verdict. You can leave this page: it goes on.
      </p>
    </Panel>
  );
}
