import { Select } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { listBrokers } from "@/lib/api/brokers/listBrokers";
import { keys } from "@/lib/api/keys";
import type { BrokerCredential, Service, ServiceChanges } from "@/lib/api/schema";
import { updateService } from "@/lib/api/services/updateService";

import classes from "./ServicePage.module.css";

/** What stands for no broker. */
export const PAPER = "paper";

/** Where the orders of a service that may trade real money go: nowhere but paper until its owner names an account. */
export function TradesAt({ service }: { service: Service }) {
  const client = useQueryClient();
  const accounts = useQuery(listBrokers()).data?.connected;
  const [chosen, setChosen] = useState<ServiceChanges["broker"] | null>(null);
  if (!accounts) return null;
  const options = [{ value: PAPER, label: "Paper" }, ...accounts.map((account) => ({ value: account.broker, label: titleOf(account) }))];
  const title = options.find((option) => option.value === chosen)?.label;
  return (
    <div className={classes.tradesAt}>
      {accounts.length === 0 && service.broker === PAPER ? (
        <span className="soft">
          It trades on paper: <Link to="/settings">connect an account</Link>.
        </span>
      ) : (
        <Select
          size="xs"
          miw={300}
          aria-label="Trades at"
          allowDeselect={false}
          data={options.some((option) => option.value === service.broker) ? options : [...options, { value: service.broker, label: service.broker }]}
          value={service.broker}
          onChange={(value) => value !== service.broker && setChosen(value as ServiceChanges["broker"])}
        />
      )}
      {chosen && (
        <ConfirmDialog
          isOpen
          onClose={() => setChosen(null)}
          title={chosen === PAPER ? `Trade ${service.name} on paper` : `Send the orders of ${service.name} to ${title}`}
          act={chosen === PAPER ? "Trade on paper" : "Send them there"}
          isDestructive={chosen !== PAPER}
          onConfirm={async () => {
            const changed = await updateService(service.id, { broker: chosen });
            client.setQueryData(keys.services.one(service.id), changed);
            await client.invalidateQueries({ queryKey: keys.services.everyPromotion });
          }}
        >
          <div>{chosen === PAPER ? "Its next orders fill on paper again. What it holds must have been sold before." : "From its next decision on it buys and sells in that account."}</div>
        </ConfirmDialog>
      )}
    </div>
  );
}

function titleOf(account: BrokerCredential): string {
  return `${account.broker} ${account.account}, ${account.is_live ? "real money" : "the broker's paper market"}`;
}
