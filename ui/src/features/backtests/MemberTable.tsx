import { DataTable, type Column } from "@/components/DataTable";
import { Gain } from "@/components/Money";
import { Panel } from "@/components/Panel";
import type { MemberResult } from "@/lib/api/schema";
import { formatMoney, formatPercent, formatWhole } from "@/lib/format/money";
import { strategyTitle } from "@/lib/words/service";

/** Of a portfolio: what each member brought. */
export function MemberTable({ members }: { members: MemberResult[] }) {
  return (
    <Panel title={`Members (${members.length})`}>
      <DataTable label="Members" columns={COLUMNS} rows={members} rowKey={(member) => member.name} empty={{ title: "No members" }} />
    </Panel>
  );
}

const COLUMNS: Column<MemberResult>[] = [
  { key: "name", header: "Member", cell: (member) => <strong>{member.name}</strong> },
  { key: "strategy", header: "Strategy", from: "roomy", cell: (member) => strategyTitle(member.strategy) },
  { key: "budget", header: "Budget", align: "end", from: "wide", cell: (member) => (member.budget === null ? <span className="faint">shared</span> : formatMoney(member.budget)) },
  { key: "trades", header: "Trades", align: "end", cell: (member) => <span className="numeric">{formatWhole(member.trades)}</span> },
  { key: "win_rate_pct", header: "Won", align: "end", from: "roomy", cell: (member) => <span className="numeric">{formatPercent(member.win_rate_pct, 0)}</span> },
  { key: "exposure_pct", header: "Invested", align: "end", from: "roomy", cell: (member) => <span className="numeric">{formatPercent(member.exposure_pct, 0)}</span> },
  { key: "expired_for_cash", header: "Not bought for want of cash", align: "end", from: "wide", cell: (member) => <span className="numeric">{formatWhole(member.expired_for_cash)}</span> },
  { key: "gain_loss", header: "Gain", align: "end", cell: (member) => <Gain value={member.gain_loss} /> },
];
