import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { DataTable } from "@/components/DataTable";
import { Money, Price } from "@/components/Money";
import { StateBadge } from "@/components/StateBadge";
import { ErrorState, LoadingRows } from "@/components/States";
import { Time } from "@/components/Time";
import { getOrder } from "@/lib/api/orders/getOrder";

import classes from "./OrderDetails.module.css";

/** One order: the states it went through, and its fills. */
export function OrderDetails({ id, onClose }: { id: number; onClose: () => void }) {
  const { data: order, error } = useQuery(getOrder(id));
  return (
    <Modal opened onClose={onClose} title={`Order ${id}`} size="lg">
      {!order ? (
        error ? <ErrorState error={error} /> : <LoadingRows />
      ) : (
        <div className={classes.stack}>
          <div className="soft">
            {order.reason} <span className="faint">({order.client_order_id})</span>
          </div>
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
