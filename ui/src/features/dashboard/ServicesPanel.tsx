import { Button } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { DataTable, Instead, type Column } from "@/components/DataTable";
import { Gain, Price } from "@/components/Money";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import type { Decision, Holding, Portfolio, Service, ServicePage } from "@/lib/api/schema";
import { formatMoment } from "@/lib/format/time";
import { stateWord, strategyTitle, waitsFor } from "@/lib/words/service";

import classes from "./Dashboard.module.css";

type Row = { service: Service; holding: Holding | undefined };

/** Each service as a row: what it does, what it holds, what it has made, and its last decision in words. */
export function ServicesPanel({ services, portfolio }: { services: UseQueryResult<ServicePage>; portfolio: Portfolio | undefined }) {
  const navigate = useNavigate();
  const holdings = new Map(portfolio?.services.map((holding) => [holding.service_id, holding]));
  const rows = services.data?.items.map((service) => ({ service, holding: holdings.get(service.id) }));
  return (
    <Panel
      title="Services"
      aside={
        <Button component={Link} to="/services" variant="subtle" size="compact-xs">
          All services
        </Button>
      }
    >
      <DataTable
        label="Services"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ service }) => service.id}
        error={services.error}
        retry={() => void services.refetch()}
        empty={{ title: "No services" }}
        onRow={({ service }) => void navigate({ to: "/services/$serviceId", params: { serviceId: String(service.id) } })}
      />
    </Panel>
  );
}

const COLUMNS: Column<Row>[] = [
  {
    key: "name",
    header: "Service",
    cell: ({ service, holding }) => (
      <div className={classes.service}>
        <Link to="/services/$serviceId" params={{ serviceId: String(service.id) }}>
          {service.name}
        </Link>
        <span className={classes.sub}>
          {service.stock_symbol} · {strategyTitle(service.strategy)}
        </span>
        <Instead without="roomy">
          <StateBadge state={service.state} word={stateWord(service)} />
        </Instead>
        {holding?.last_decision && <Instead without="wide">{inShort(holding.last_decision)}</Instead>}
      </div>
    ),
  },
  {
    key: "state",
    header: "State",
    from: "roomy",
    cell: ({ service }) => (
      <div className={classes.service}>
        <StateBadge state={service.state} word={stateWord(service)} />
        <span className={classes.sub}>{waitsFor(service)}</span>
      </div>
    ),
  },
  {
    key: "position",
    header: "Position",
    align: "end",
    from: "roomy",
    cell: ({ service, holding }) =>
      service.current_shares > 0 ? (
        <div className={classes.stack}>
          <span className="numeric">{service.current_shares.toLocaleString("en-US")} shares</span>
          <span className={classes.sub}>
            <Price value={holding?.position_value} />
          </span>
        </div>
      ) : (
        <span className="faint">–</span>
      ),
  },
  {
    key: "unrealised",
    header: "Open gain",
    align: "end",
    cell: ({ service, holding }) => (service.current_shares > 0 ? <Gain value={unrealised(service, holding)} /> : <span className="faint">–</span>),
  },
  { key: "total_gain_loss", header: "Realised", align: "end", from: "roomy", cell: ({ service }) => <Gain value={service.total_gain_loss} /> },
  {
    key: "equity",
    header: "Value",
    align: "end",
    cell: ({ holding }) => (
      <div className={classes.stack}>
        <Price value={holding?.equity} />
        <span className={classes.sub}>
          <Gain value={holding?.session_change} />
        </span>
      </div>
    ),
  },
  {
    key: "why",
    header: "Last decision",
    from: "wide",
    cell: ({ holding }) => {
      const decision = holding?.last_decision;
      if (!decision) return <span className="faint">none yet</span>;
      return (
        <div className={classes.why}>
          {inShort(decision)} <span className="faint numeric">({formatMoment(decision.bar_time)})</span>
        </div>
      );
    },
  },
];

/** A decision as one would tell it. */
function inShort({ action, shares, reason }: Decision): string {
  const act = action === "BUY" ? `Buy ${shares.toLocaleString("en-US")}` : action === "SELL" ? "Sell" : "Nothing";
  return `${act}: ${reason}`;
}

function unrealised(service: Service, holding: Holding | undefined): number | null {
  return holding ? holding.equity - service.initial_balance - service.total_gain_loss : null;
}
