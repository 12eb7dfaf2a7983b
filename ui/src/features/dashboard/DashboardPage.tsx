import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { IconPlus } from "@/components/icons";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { EmptyState, ErrorState } from "@/components/States";
import { getPortfolio } from "@/lib/api/portfolio/getPortfolio";
import { listServices } from "@/lib/api/services/listServices";
import { listStocks } from "@/lib/api/stocks/listStocks";
import { useUser } from "@/lib/auth/useSession";

import { Alerts } from "./Alerts";
import classes from "./Dashboard.module.css";
import { PortfolioPanel } from "./PortfolioPanel";
import { RecentTrades } from "./RecentTrades";
import { ServicesPanel } from "./ServicesPanel";

const SERVICES = { page_size: 100, is_active: true, sort: "id", order: "asc" } as const;

/** What all services together have made of the money, what each does now and why, and what wants attention. */
export function DashboardPage() {
  const portfolio = useQuery(getPortfolio());
  const services = useQuery(listServices(SERVICES));
  const running = services.data?.items.filter((service) => service.state === "ACTIVE").length ?? 0;
  const isNew = services.data?.items.length === 0;
  return (
    <Page
      title="Dashboard"
      subtitle={services.data && !isNew ? `${running} of ${services.data.items.length} services trade by your rules` : undefined}
      actions={
        <Button component={Link} to="/services/new" leftSection={<IconPlus size={14} />}>
          New service
        </Button>
      }
    >
      {portfolio.error && !portfolio.data ? (
        <Panel>
          <ErrorState error={portfolio.error} retry={() => void portfolio.refetch()} />
        </Panel>
      ) : isNew ? (
        <Welcome />
      ) : (
        <>
          <Alerts services={services.data?.items ?? []} />
          <PortfolioPanel portfolio={portfolio.data} />
          <div className={classes.columns}>
            <ServicesPanel services={services} portfolio={portfolio.data} />
            <RecentTrades />
          </div>
        </>
      )}
    </Page>
  );
}

function Welcome() {
  const { is_admin: isAdmin } = useUser();
  const stocks = useQuery(listStocks({ page_size: 1 }));
  if (isAdmin && stocks.data?.pagination.total_items === 0) {
    return (
      <Panel>
        <EmptyState
          title="First some prices"
          action={
            <Button component={Link} to="/stocks" size="sm">
              Stocks and prices
            </Button>
          }
        >
          DayTrader trades and tests on stored bars. Import a file of yours, or fetch them from a provider; then open a trading service.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel>
      <EmptyState
        title="Open your first trading service"
        action={
          <Button component={Link} to="/services/new" size="sm">
            New service
          </Button>
        }
      >
        A service trades one stock with a budget of its own, by a strategy and limits that you choose. You see its backtest before it trades, and afterwards for every price bar why
        it bought, sold or did nothing.
      </EmptyState>
    </Panel>
  );
}
