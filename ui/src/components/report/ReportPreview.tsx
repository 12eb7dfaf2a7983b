import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Panel } from "@/components/Panel";
import { ErrorState } from "@/components/States";
import { previewBacktest } from "@/lib/api/backtests/previewBacktest";
import type { Backtest, Report } from "@/lib/api/schema";

import classes from "./Report.module.css";
import { ReportHeadline } from "./ReportHeadline";

const TYPING_MILLISECONDS = 120;

interface ReportPreviewProps {
  title: ReactNode;
  aside?: ReactNode;
  /** The settings as they are typed; null while they are not enough for a run. */
  body: Backtest | null;
  /** What stands there while there is nothing to test. */
  empty: ReactNode;
  /** Of the chart, pixels. */
  height: number;
  /** What else the run shows. */
  children?: (report: Report) => ReactNode;
}

/** What exactly these settings would have made of the past, drawn again while they are typed. */
export function ReportPreview({ title, aside, body, empty, height, children }: ReportPreviewProps) {
  const [steady] = useDebouncedValue(body, TYPING_MILLISECONDS);
  const preview = useQuery({ ...previewBacktest(steady ?? {}), enabled: steady !== null, placeholderData: keepPreviousData });
  const isFailed = preview.error !== null && !preview.isFetching;
  const report = isFailed ? undefined : preview.data;
  return (
    <>
      <Panel title={title} aside={aside}>
        {isFailed ? (
          <ErrorState error={preview.error} retry={() => void preview.refetch()} />
        ) : report ? (
          <div className={preview.isPlaceholderData ? classes.stale : classes.fresh} aria-busy={preview.isFetching} data-testid="preview">
            <ReportHeadline report={report} height={height} />
          </div>
        ) : (
          <div style={{ minHeight: height + 190 }}>{body === null && empty}</div>
        )}
      </Panel>
      {report && children?.(report)}
    </>
  );
}
