import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { TransactionTable } from "@/components/trades/TransactionTable";
import { listTransactions } from "@/lib/api/transactions/listTransactions";

/** What this service bought and sold. */
export function ServiceTransactions({ serviceId }: { serviceId: number }) {
  const [page, setPage] = useState(1);
  const transactions = useQuery({
    ...listTransactions({ service_id: serviceId, page, page_size: 15, sort: "id", order: "desc" }),
    placeholderData: keepPreviousData,
  });
  return <TransactionTable transactions={transactions} onPage={setPage} isOfOneService empty={{ title: "No transactions yet", words: "The first is made when the strategy gives an entry signal, or when you buy by hand." }} />;
}
