import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { DataTable } from "@/components/DataTable";
import { Money, Price } from "@/components/Money";
import { notifyFailure } from "@/components/notify";
import { StateBadge } from "@/components/StateBadge";
import { ErrorState, LoadingRows } from "@/components/States";
import { Time } from "@/components/Time";
import { keys } from "@/lib/api/keys";
import { cancelOrder } from "@/lib/api/orders/cancelOrder";
import { getOrder } from "@/lib/api/orders/getOrder";

import classes from "./OrderDetails.module.css";

const UNDER_WAY = new Set(["PENDING", "SUBMITTING", "ACCEPTED", "PARTIALLY_FILLED"]);
const LEGS = new Set(["STOP", "TARGET"]);

/** One order: the states it went through, and its fills. */
export function OrderDetails({ id, onClose }: { id: number; onClose: () => void }) {
  const { data: order, error } = useQuery(getOrder(id));
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: cancelOrder,
    onSuccess: () => Promise.all([keys.orders.all, keys.services.all].map((queryKey) => client.invalidateQueries({ queryKey }))),
    onError: notifyFailure,
  });
  return (
    <Modal opened onClose={onClose} title={`Order ${id}`} size="lg">
      {!order ? (
        error ? <ErrorState error={error} /> : <LoadingRows />
      ) : (
        <div className={classes.stack}>
          <div className="soft">
            {order.reason} <span className="faint">({order.client_order_id})</span>
          </div>
          {order.cancel_reason && <div>{order.broker} is asked to end it: {order.cancel_reason}. It may fill meanwhile.</div>}
          {UNDER_WAY.has(order.state) && !LEGS.has(order.kind) && !order.cancel_reason && (
            <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate(order.id)}>
              Cancel what has not filled
            </Button>
          )}
          <DataTable
            label="States"
            rows={order.history}
            rowKey={(passage) => `${passage.state}${passage.at}`}
            empty={{ title: "No history" }}
            columns={[
              { key: "state", header: "State", cell: (passage) => <StateBadge state={passage.state} /> },
              { key: "at", header: "When", cell: (passage) => <Time value={passage.at} /> },
              { key: "reason", header: "Because", cell: (passage) => passage.reason ?? <span className="faint">–</span> },
            ]}
          />
          <DataTable
            label="Fills"
            rows={order.executions}
            rowKey={(execution) => execution.id}
            empty={{ title: "Not filled" }}
            columns={[
              { key: "shares", header: "Filled", cell: (execution) => <span className="numeric">{execution.shares.toLocaleString("en-US")}</span> },
              { key: "price", header: "Price", align: "end", cell: (execution) => <Price value={execution.price} /> },
              { key: "amount", header: "Amount", align: "end", cell: (execution) => <Money value={execution.amount} /> },
              { key: "fee", header: "Fee", align: "end", cell: (execution) => <Money value={execution.fee} /> },
              { key: "bar_time", header: "Bar", align: "end", cell: (execution) => <Time value={execution.bar_time ?? execution.executed_at} /> },
            ]}
          />
        </div>
      )}
    </Modal>
  );
}
