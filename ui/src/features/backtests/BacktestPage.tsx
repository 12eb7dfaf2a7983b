import { Button, Menu, Select } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { IconDownload, IconMore, IconServices, IconTrash, IconWarning } from "@/components/icons";
import { notifyFailure } from "@/components/notify";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { ReportHeadline } from "@/components/report/ReportHeadline";
import { ErrorState, LoadingRows } from "@/components/States";
import { listBacktests } from "@/lib/api/backtests/listBacktests";
import { keys } from "@/lib/api/keys";
import type { BacktestEquity, StoredReport } from "@/lib/api/schema";
import { bodyOfReport } from "@/lib/backtest/settings";
import { saveCsv, saveFile } from "@/lib/files/save";
import { intervalTitle, strategyTitle } from "@/lib/words/service";

import { deleteBacktest } from "./api/deleteBacktest";
import { downloadReport } from "./api/downloadReport";
import { getBacktest } from "./api/getBacktest";
import { getBacktestEquity } from "./api/getBacktestEquity";
import { Ambiguity } from "./Ambiguity";
import classes from "./Backtests.module.css";
import { MemberTable } from "./MemberTable";
import { MonthTable } from "./MonthTable";
import { Pinned } from "./Pinned";
import { TradesOnChart } from "./TradesOnChart";
import { membersOf } from "./words";

const HEIGHT = 300;

/** One kept backtest: what it came to, each trade on the chart, and what it was made from. */
export function BacktestPage() {
  const { backtestId } = useParams({ from: "/backtests/$backtestId" });
  const id = Number(backtestId);
  const { data: report, error, refetch } = useQuery({ ...getBacktest(id), staleTime: 60_000 });
  const equity = useQuery({ ...getBacktestEquity(id), staleTime: Infinity }).data;
  if (!report) {
    return (
      <Page title={`Backtest ${backtestId}`}>
        <Panel>{error ? <ErrorState error={error} retry={() => void refetch()} /> : <LoadingRows rows={12} />}</Panel>
      </Page>
    );
  }
  const members = membersOf(report);
  const isPortfolio = members.length > 0;
  return (
    <Page
      title={`Backtest ${report.id}: ${report.symbol}`}
      heading={
        <span className={classes.heading}>
          {isPortfolio ? "Portfolio" : strategyTitle(report.strategy)} <span className={classes.symbol}>{report.symbol}</span>
        </span>
      }
      subtitle={`Backtest ${report.id} · ${intervalTitle(report.interval)} bars`}
      actions={<Actions report={report} equity={equity} />}
    >
      {report.is_restated && (
        <div className={classes.restated} role="note">
          <IconWarning /> The prices that this was made from have changed since. Run it again to see what they tell now.
        </div>
      )}
      <div className={classes.columns}>
        <div className={classes.stack}>
          <Panel>
            <ReportHeadline report={report} equity={equity} height={HEIGHT} hasDrawdown />
          </Panel>
          <TradesOnChart report={report} />
          {isPortfolio && <MemberTable members={members} />}
          <MonthTable report={report} />
        </div>
        <div className={classes.stack}>
          <Ambiguity report={report} />
          <Pinned report={report} />
        </div>
      </div>
    </Page>
  );
}

function Actions({ report, equity }: { report: StoredReport; equity: BacktestEquity | undefined }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<"delete" | "compare" | null>(null);
  const settings = bodyOfReport(report);
  const isOneStock = membersOf(report).length === 0;
  const name = `backtest-${report.id}`;
  const remove = async () => {
    await deleteBacktest(report.id);
    await client.invalidateQueries({ queryKey: keys.backtests.lists });
    await navigate({ to: "/backtests" });
  };
  const saveHtml = () => {
    downloadReport(report.id).then((blob) => saveFile(`${name}.html`, blob), notifyFailure);
  };
  return (
    <>
      <Button variant="default" onClick={() => setDialog("compare")}>
        Compare
      </Button>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={14} />}>
            Download
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={saveHtml}>Report as a page (HTML)</Menu.Item>
          <Menu.Item onClick={() => saveFile(`${name}.json`, new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }))}>Everything (JSON)</Menu.Item>
          <Menu.Item onClick={() => saveCsv(`${name}-trades.csv`, report.trades)}>Trades (CSV)</Menu.Item>
          <Menu.Item
            disabled={!equity}
            onClick={() => equity && saveCsv(`${name}-equity.csv`, equity.dates.map((date, row) => ({ date, portfolio_value: equity.portfolio_values[row], drawdown_pct: equity.drawdown_pct[row] })))}
          >
            Equity curve (CSV)
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {settings && (
        <Button variant="default" renderRoot={(props) => <Link to="/backtests/new" search={{ settings }} {...props} />}>
          Change and run
        </Button>
      )}
      {settings && isOneStock && (
        <Button leftSection={<IconServices size={14} />} renderRoot={(props) => <Link to="/services/new" search={{ settings }} {...props} />}>
          Trade it
        </Button>
      )}
      <Menu position="bottom-end" width={170}>
        <Menu.Target>
          <Button variant="default" aria-label="More actions" px={8}>
            <IconMore />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconTrash />} onClick={() => setDialog("delete")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog isOpen={dialog === "delete"} onClose={() => setDialog(null)} title={`Delete backtest ${report.id}`} act="Delete it" isDestructive onConfirm={remove}>
        <div>The report is removed. It can be run again as long as its prices are stored.</div>
      </ConfirmDialog>
      {dialog === "compare" && <CompareDialog report={report} onClose={() => setDialog(null)} />}
    </>
  );
}

function CompareDialog({ report, onClose }: { report: StoredReport; onClose: () => void }) {
  const navigate = useNavigate();
  const others = useQuery(listBacktests({ page_size: 100, sort: "id", order: "desc" })).data?.items.filter((item) => item.id !== report.id);
  const [other, setOther] = useState<string | null>(null);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Compare with"
      act="Compare"
      isDisabled={other === null}
      onConfirm={() => navigate({ to: "/backtests/compare", search: { ids: `${report.id},${other}` } })}
    >
      <Select
        label="Another backtest"
        searchable
        placeholder={others?.length === 0 ? "There is no other yet" : "Choose one"}
        data={(others ?? []).map((item) => ({ value: String(item.id), label: `${item.id} · ${item.symbol} · ${strategyTitle(item.strategy)}` }))}
        value={other}
        onChange={setOther}
      />
    </ConfirmDialog>
  );
}
