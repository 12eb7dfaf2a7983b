import { ActionIcon, Button, Menu, Radio, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { IconHold, IconMore, IconPause, IconPlay, IconStop } from "@/components/icons";
import { NumberField } from "@/components/NumberField";
import { notifyFailure } from "@/components/notify";
import { SellDialog } from "@/components/trades/TransactionActions";
import { tellUnderWay } from "@/components/trades/tellUnderWay";
import { useWish } from "@/components/useWish";
import { keys } from "@/lib/api/keys";
import { getLatest } from "@/lib/api/prices/getLatest";
import type { Service } from "@/lib/api/schema";
import { activateService } from "@/lib/api/services/activateService";
import { pauseService } from "@/lib/api/services/pauseService";
import { resumeService } from "@/lib/api/services/resumeService";
import { setServiceMode } from "@/lib/api/services/setServiceMode";
import { stopService } from "@/lib/api/services/stopService";
import { buyShares } from "@/lib/api/transactions/buyShares";
import { listTransactions } from "@/lib/api/transactions/listTransactions";
import type { Typed } from "@/lib/backtest/settings";
import { formatMoney, formatPrice } from "@/lib/format/money";

type Dialog = "stop" | "buy" | "sell" | null;

/** What can be done with a service in the state in which it is. */
export function ServiceActions({ service }: { service: Service }) {
  const [dialog, setDialog] = useState<Dialog>(null);
  const change = useChange(service);
  const open = useQuery(listTransactions({ service_id: service.id, state: "OPEN", page_size: 1 })).data?.items[0];
  const isHeld = service.current_shares > 0;
  const isHolding = service.mode === "HOLD";
  return (
    <>
      {service.state === "ACTIVE" && !isHeld && (
        <Button variant="default" onClick={() => setDialog("buy")}>
          Buy by hand
        </Button>
      )}
      {service.state === "ACTIVE" && isHeld && open && (
        <Button variant="default" onClick={() => setDialog("sell")}>
          Sell by hand
        </Button>
      )}
      {service.state === "INACTIVE" && (
        <Button leftSection={<IconPlay size={14} />} loading={change.isPending} onClick={() => change.mutate(() => activateService(service.id))}>
          Activate
        </Button>
      )}
      {service.state === "PAUSED" && (
        <Button leftSection={<IconPlay size={14} />} loading={change.isPending} onClick={() => change.mutate(() => resumeService(service.id))}>
          Resume
        </Button>
      )}
      {service.state === "ACTIVE" && (
        <Button variant="default" leftSection={<IconPause size={14} />} loading={change.isPending} onClick={() => change.mutate(() => pauseService(service.id))}>
          Pause
        </Button>
      )}
      {service.state !== "INACTIVE" && (
        <Button variant="default" leftSection={<IconStop size={14} />} onClick={() => setDialog("stop")}>
          Stop
        </Button>
      )}
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <ActionIcon aria-label="More actions" variant="default">
            <IconMore />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconHold />} onClick={() => change.mutate(() => setServiceMode(service.id, isHolding ? (isHeld ? "SELL" : "BUY") : "HOLD"))}>
            {isHolding ? `Take signals again (wait to ${isHeld ? "sell" : "buy"})` : "Hold: take no signal, keep the stop-loss"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === "stop" && <StopDialog service={service} onClose={() => setDialog(null)} />}
      {dialog === "buy" && <BuyDialog service={service} onClose={() => setDialog(null)} />}
      {dialog === "sell" && open && <SellDialog transaction={open} onClose={() => setDialog(null)} />}
    </>
  );
}

function useChange(service: Service) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (act: () => Promise<Service>) => act(),
    onSuccess: (changed) => client.setQueryData(keys.services.one(service.id), changed),
    onError: (error) => notifyFailure(error),
    onSettled: () => client.invalidateQueries({ queryKey: keys.services.lists }),
  });
}

interface DialogProps {
  service: Service;
  onClose: () => void;
}

function StopDialog({ service, onClose }: DialogProps) {
  const client = useQueryClient();
  const [position, setPosition] = useState<"keep" | "sell">("sell");
  const isHeld = service.current_shares > 0;
  const stop = async () => {
    const stopped = await stopService(service.id, isHeld ? position : "keep");
    client.setQueryData(keys.services.one(service.id), stopped);
    await client.invalidateQueries({ queryKey: keys.services.all });
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title={`Stop ${service.name}`} act="Stop it" isDestructive onConfirm={stop}>
      {isHeld ? (
        <Radio.Group
          label={`It holds ${service.current_shares.toLocaleString("en-US")} shares of ${service.stock_symbol}. What becomes of them?`}
          value={position}
          onChange={(value) => setPosition(value === "keep" ? "keep" : "sell")}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="sell" label="Sell them at the next open" />
            <Radio value="keep" label="Keep them" description="Without protection: no stop-loss guards a stopped service." />
          </Stack>
        </Radio.Group>
      ) : (
        <div>It holds no shares. It takes no more signals until it is activated again.</div>
      )}
    </ConfirmDialog>
  );
}

function BuyDialog({ service, onClose }: DialogProps) {
  const client = useQueryClient();
  const wish = useWish();
  const price = useQuery(getLatest(service.stock_symbol)).data?.items.find((item) => item.interval === service.interval)?.close ?? null;
  const spendable = Math.max(0, service.current_balance - service.reserved_cash - service.minimum_balance);
  const most = price ? Math.floor(spendable / price) : null;
  const [shares, setShares] = useState<Typed>("");
  const [limit, setLimit] = useState<Typed>("");
  const count = typeof shares === "number" ? shares : 0;
  const at = typeof limit === "number" ? limit : price;
  const buy = async () => {
    const made = await buyShares({ service_id: service.id, shares: count, purchase_price: typeof limit === "number" ? limit : null }, wish.key([shares, limit]));
    tellUnderWay(made);
    await Promise.all([keys.transactions.all, keys.services.all, keys.orders.all, keys.portfolio].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title={`Buy ${service.stock_symbol} by hand`} act={count > 0 ? `Buy ${count.toLocaleString("en-US")} ${service.stock_symbol}` : "Buy"} isDisabled={count < 1} onConfirm={buy}>
      <NumberField
        label="Shares"
        description={`Last price ${formatPrice(price)}, spendable ${formatMoney(spendable)}${most === null ? "" : `: at most ${most.toLocaleString("en-US")} shares`}`}
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={shares}
        onChange={setShares}
        data-autofocus
      />
      {service.broker === "paper" ? (
        <NumberField label="Price per share" description="Left empty: the last known price. Paper accepts a price within 20 % of it." min={0} decimalScale={6} value={limit} onChange={setLimit} />
      ) : (
        <div>
          An order goes to {service.broker}, limited to the last known price and the service's gap reserve. It fills there, or lapses, and stands among the orders meanwhile.
        </div>
      )}
      <div className="soft">
        {count > 0 && at ? `About ${formatMoney(count * at)} before fees. ` : ""}The purchase is marked as made by hand; stop-loss and take-profit guard it like any other.
      </div>
    </ConfirmDialog>
  );
}
