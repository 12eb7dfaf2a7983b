import { Button, SegmentedControl } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { isUnderWay, useJob } from "@/components/JobProgress";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { ReportPreview } from "@/components/report/ReportPreview";
import { FormFoot } from "@/components/settings/FormFoot";
import { RulesFields } from "@/components/settings/RulesFields";
import settingsClasses from "@/components/settings/Settings.module.css";
import { StockSelect, useStocks } from "@/components/settings/StockSelect";
import { StrategyFields } from "@/components/settings/StrategyFields";
import { EmptyState } from "@/components/States";
import { useWish } from "@/components/useWish";
import { fieldErrors } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import { fromBody, newMember, toBody, type RunSettings } from "@/lib/backtest/settings";

import { isJob, runBacktest } from "./api/runBacktest";
import { MembersFields } from "./MembersFields";

const HEIGHT = 300;

/** Settings at the left, what they would have made at the right; and when they please, a report that is kept. */
export function NewBacktestPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const wish = useWish();
  const handed = useSearch({ from: "/backtests/new" }).settings;
  const [typed, setTyped] = useState<RunSettings>(() => fromBody(handed ?? {}));
  const stocks = useStocks();
  const settings = { ...typed, symbol: typed.symbol || (stocks[0]?.symbol ?? "") };
  const isPortfolio = settings.members.length > 0;
  const another = (symbol: string) => stocks.find((stock) => ![symbol, ...settings.members.map((member) => member.symbol)].includes(stock.symbol))?.symbol ?? symbol;
  const change = (part: Partial<RunSettings>) => setTyped((known) => ({ ...known, ...part }));

  const [jobId, setJobId] = useState<number | null>(null);
  const job = useJob(jobId).data;
  const open = async (id: number) => {
    await client.invalidateQueries({ queryKey: keys.backtests.lists });
    await navigate({ to: "/backtests/$backtestId", params: { backtestId: String(id) } });
  };
  const run = useMutation({
    mutationFn: async () => {
      const body = toBody(settings);
      return runBacktest(body, wish.key(body));
    },
    onSuccess: (answer) => (isJob(answer) ? setJobId(answer.id) : open(answer.id)),
  });
  const madeBy = job?.state === "SUCCEEDED" ? Number(job.result_url?.split("/").pop()) : null;
  useEffect(() => {
    if (madeBy) void open(madeBy);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the job is done
  }, [madeBy]);

  const errors = fieldErrors(run.error);
  const isTestable = settings.symbol !== "" && typeof settings.cash === "number" && settings.cash > 0;
  const empty = settings.symbol ? null : <EmptyState title="There are no stored prices yet">An admin can import or fetch some under Stocks.</EmptyState>;
  return (
    <Page title="New backtest" subtitle="A strategy on past prices, by the rules by which it would trade">
      <div className={settingsClasses.layout}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            run.mutate();
          }}
        >
          <Panel
            title="Settings"
            aside={
              <SegmentedControl
                size="xs"
                aria-label="What is traded"
                data={[
                  { value: "one", label: "One stock" },
                  { value: "portfolio", label: "Portfolio" },
                ]}
                value={isPortfolio ? "portfolio" : "one"}
                onChange={(value) => change({ members: value === "one" ? [] : [{ ...newMember(settings.symbol), strategy: settings.strategy, params: settings.params }, newMember(another(settings.symbol))] })}
              />
            }
            padded
          >
            <div className={settingsClasses.fields}>
              {isPortfolio ? (
                <MembersFields members={settings.members} next={another(settings.symbol)} onChange={(members) => change({ members })} />
              ) : (
                <>
                  <StockSelect label="Stock" value={settings.symbol} onChange={(symbol) => change({ symbol })} error={errors["symbol"]} />
                  <StrategyFields strategy={settings.strategy} params={settings.params} onChange={change} errors={errors} />
                </>
              )}
              <RulesFields settings={settings} onChange={change} errors={errors} isPortfolio={isPortfolio} />
            </div>
            <FormFoot error={run.error} job={job && { state: job, label: "Backtest" }}>
              <Button type="submit" loading={run.isPending || isUnderWay(job)} disabled={!settings.symbol}>
                Run and keep the report
              </Button>
            </FormFoot>
          </Panel>
        </form>
        <div className={settingsClasses.beside}>
          <ReportPreview title={settings.symbol ? `Preview: ${settings.symbol}` : "Preview"} body={isTestable ? toBody(settings) : null} empty={empty} height={HEIGHT} />
        </div>
      </div>
    </Page>
  );
}
