import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { FormFoot } from "@/components/settings/FormFoot";
import settingsClasses from "@/components/settings/Settings.module.css";
import { useStocks } from "@/components/settings/StockSelect";
import { useWish } from "@/components/useWish";
import { fieldErrors } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import { activateService } from "@/lib/api/services/activateService";
import { createService } from "@/lib/api/services/createService";
import { strategyTitle } from "@/lib/words/service";

import { BacktestPreview } from "./BacktestPreview";
import { DEFAULTS, settingsOfBacktest, toService, type Settings } from "./settings";
import { SettingsFields } from "./SettingsFields";

/** A new service in one form, and beside it the backtest of exactly these settings. */
export function NewServicePage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const wish = useWish();
  const handed = useSearch({ from: "/services/new" }).settings;
  const [typed, setTyped] = useState<Settings>(() => (handed ? settingsOfBacktest(handed) : DEFAULTS));
  const [first] = useStocks();
  // Something to look at from the start: the first stock with prices, and a name until one is typed.
  const chosen = { ...typed, symbol: typed.symbol || (first?.symbol ?? "") };
  const suggestion = chosen.symbol ? `${chosen.symbol} ${strategyTitle(chosen.strategy).toLowerCase()}` : "";
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
      <div className={settingsClasses.layout}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate(true);
          }}
        >
          <Panel title="Settings" padded>
            <SettingsFields settings={settings} onChange={(change) => setTyped((known) => ({ ...known, ...change }))} errors={errors} />
            <FormFoot error={create.error}>
              <Button variant="default" loading={create.isPending && !create.variables} disabled={create.isPending} onClick={() => create.mutate(false)}>
                Create, start later
              </Button>
              <Button type="submit" loading={create.isPending && create.variables} disabled={create.isPending || !settings.symbol}>
                Create and activate
              </Button>
            </FormFoot>
          </Panel>
        </form>
        <div className={settingsClasses.beside}>
          <BacktestPreview settings={settings} />
        </div>
      </div>
    </Page>
  );
}
