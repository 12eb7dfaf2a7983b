import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";

import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { ErrorState, LoadingRows } from "@/components/States";
import { getService } from "@/lib/api/services/getService";
import type { Service } from "@/lib/api/schema";
import { intervalTitle, stateWord, strategyTitle } from "@/lib/words/service";

import { DecisionJournal } from "./DecisionJournal";
import { ServiceActions } from "./ServiceActions";
import { ServiceChart } from "./ServiceChart";
import { ServiceEquity } from "./ServiceEquity";
import { ServiceFigures } from "./ServiceFigures";
import { ServiceNow } from "./ServiceNow";
import { ServiceOrders } from "./ServiceOrders";
import classes from "./ServicePage.module.css";
import { ServicePromotion } from "./ServicePromotion";
import { ServiceSettings } from "./ServiceSettings";
import { ServiceTransactions } from "./ServiceTransactions";

/** One service: what it sees, what it did and why, what it has made, and what can be done with it. */
export function ServicePage() {
  const { serviceId } = useParams({ from: "/services/$serviceId" });
  const id = Number(serviceId);
  const { data: service, error, refetch } = useQuery(getService(id));
  if (!service) {
    return (
      <Page title="Service">
        <Panel>{error ? <ErrorState error={error} retry={() => void refetch()} /> : <LoadingRows rows={10} />}</Panel>
      </Page>
    );
  }
  return (
    <Page
      title={service.name}
      heading={<Heading service={service} />}
      subtitle={`${strategyTitle(service.strategy)} · ${intervalTitle(service.interval)} bars`}
      actions={<ServiceActions service={service} />}
    >
      <div className={classes.layout}>
        <div className={classes.main}>
          <ServiceChart service={service} />
          <Panel>
            <Tabs defaultValue="decisions" keepMounted={false}>
              <Tabs.List className={classes.tabs ?? ""}>
                <Tabs.Tab value="decisions">Decisions</Tabs.Tab>
                <Tabs.Tab value="transactions">Transactions</Tabs.Tab>
                <Tabs.Tab value="orders">Orders</Tabs.Tab>
                <Tabs.Tab value="equity">Equity</Tabs.Tab>
                <Tabs.Tab value="settings">Settings</Tabs.Tab>
                <Tabs.Tab value="live">Real money</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="decisions">
                <DecisionJournal serviceId={id} />
              </Tabs.Panel>
              <Tabs.Panel value="transactions">
                <ServiceTransactions serviceId={id} />
              </Tabs.Panel>
              <Tabs.Panel value="orders">
                <ServiceOrders serviceId={id} />
              </Tabs.Panel>
              <Tabs.Panel value="equity">
                <ServiceEquity service={service} />
              </Tabs.Panel>
              <Tabs.Panel value="settings">
                <ServiceSettings service={service} />
              </Tabs.Panel>
              <Tabs.Panel value="live">
                <ServicePromotion service={service} />
              </Tabs.Panel>
            </Tabs>
          </Panel>
        </div>
        <div className={classes.side}>
          <div className={classes.now}>
            <ServiceNow service={service} />
          </div>
          <div className={classes.figures}>
            <ServiceFigures service={service} />
          </div>
        </div>
      </div>
    </Page>
  );
}

function Heading({ service }: { service: Service }) {
  return (
    <span className={classes.heading}>
      {service.name} <span className={classes.symbol}>{service.stock_symbol}</span> <StateBadge state={service.state} word={stateWord(service)} />
    </span>
  );
}
