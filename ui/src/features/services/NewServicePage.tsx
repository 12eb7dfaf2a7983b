import { Button, Group } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { useWish } from "@/components/useWish";
import { fieldErrors, inWords } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import { activateService } from "@/lib/api/services/activateService";
import { createService } from "@/lib/api/services/createService";
import { listStocks } from "@/lib/api/stocks/listStocks";
import { strategyTitle } from "@/lib/words/service";

import { BacktestPreview } from "./BacktestPreview";
import classes from "./NewServicePage.module.css";
import { DEFAULTS, settingsOfBacktest, toService, type Settings } from "./settings";
import { SettingsFields } from "./SettingsFields";

/** A new service in one form, and beside it the backtest of exactly these settings. */
export function NewServicePage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const wish = useWish();
  const handed = useSearch({ from: "/services/new" }).settings;
  const [typed, setTyped] = useState<Settings>(() => (handed ? settingsOfBacktest(handed) : DEFAULTS));
  const first = useQuery(listStocks({ is_active: true, sort: "symbol", order: "asc", page_size: 100 })).data?.items.find((stock) => stock.has_prices);
  // Something to look at from the start: the first stock with prices, and a name until one is typed.
  const chosen = { ...typed, stock_symbol: typed.stock_symbol || (first?.symbol ?? "") };
  const suggestion = chosen.stock_symbol ? `${chosen.stock_symbol} ${strategyTitle(chosen.strategy).toLowerCase()}` : "";
  const settings = { ...chosen, name: typed.name || suggestion };

  const create = useMutation({
    mutationFn: async (isStarted: boolean) => {
      const body = toService(settings);
      const service = await createService(body, wish.key(body));
      return isStarted ? activateService(service.id) : service;
    },
    onSuccess: async (service) => {
      await client.invalidateQueries({ queryKey: keys.services.all });
      await navigate({ to: "/services/$serviceId", params: { serviceId: String(service.id) } });
    },
  });
  const errors = fieldErrors(create.error);
  return (
    <Page title="New service" subtitle="One stock, one budget, one strategy, your limits">
      <div className={classes.layout}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate(true);
          }}
        >
          <Panel title="Settings" padded>
            <SettingsFields settings={settings} onChange={(change) => setTyped((known) => ({ ...known, ...change }))} errors={errors} />
            {create.error && (
              <div role="alert" className={`loss ${classes.refusal}`}>
                {inWords(create.error)}
              </div>
            )}
            <Group justify="flex-end" gap="xs" mt="md">
              <Button variant="default" loading={create.isPending && !create.variables} disabled={create.isPending} onClick={() => create.mutate(false)}>
                Create, start later
              </Button>
              <Button type="submit" loading={create.isPending && create.variables} disabled={create.isPending || !settings.stock_symbol}>
                Create and activate
              </Button>
            </Group>
          </Panel>
        </form>
        <BacktestPreview settings={settings} />
      </div>
    </Page>
  );
}
