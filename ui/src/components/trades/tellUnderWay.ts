import { notifyDone } from "@/components/notify";
import type { Order, Transaction } from "@/lib/api/schema";

/** Say where a trade by hand is under way that a broker makes; on paper it is done already, and shows. */
export function tellUnderWay(made: Transaction | Order): void {
  if ("client_order_id" in made) notifyDone(`The order is under way at ${made.broker}. It stands among the orders until it is filled.`);
}
