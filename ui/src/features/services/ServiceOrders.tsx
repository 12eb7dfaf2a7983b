import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { OrderTable } from "@/components/trades/OrderTable";
import { listOrders } from "@/lib/api/orders/listOrders";

/** What this service asked of its broker. */
export function ServiceOrders({ serviceId }: { serviceId: number }) {
  const [page, setPage] = useState(1);
  const orders = useQuery({ ...listOrders({ service_id: serviceId, page, page_size: 15, sort: "id", order: "desc" }), placeholderData: keepPreviousData });
  return <OrderTable orders={orders} onPage={setPage} empty={{ title: "No orders yet" }} />;
}
