import { call } from "@/lib/api/client";
import type { Backtest, JobItem, StoredReport } from "@/lib/api/schema";

/** Run a backtest and keep it. One that takes longer than one waits is answered by the job that runs it. */
export function runBacktest(body: Backtest, idempotencyKey: string): Promise<StoredReport | JobItem> {
  return call("POST /backtests", { body, idempotencyKey });
}

/** Whether the answer is a job. */
export function isJob(answer: StoredReport | JobItem): answer is JobItem {
  return "kind" in answer;
}
