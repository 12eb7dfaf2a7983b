import { ActionIcon, Menu, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { IconMore, IconNote, IconTrash, IconTransactions } from "@/components/icons";
import { NumberField } from "@/components/NumberField";
import { useWish } from "@/components/useWish";
import { keys } from "@/lib/api/keys";
import type { Transaction } from "@/lib/api/schema";
import { cancelTransaction } from "@/lib/api/transactions/cancelTransaction";
import { completeTransaction } from "@/lib/api/transactions/completeTransaction";
import { setNotes } from "@/lib/api/transactions/setNotes";
import type { Typed } from "@/lib/backtest/settings";
import { formatPrice } from "@/lib/format/money";

import { tellUnderWay } from "./tellUnderWay";

type Act = "sell" | "void" | "notes";

/** Sell by hand, void, and remark, each with a question first. */
export function TransactionActions({ transaction }: { transaction: Transaction }) {
  const [act, setAct] = useState<Act | null>(null);
  const isOpen = transaction.state === "OPEN";
  return (
    <>
      <Menu position="bottom-end" width={180}>
        <Menu.Target>
          <ActionIcon aria-label={`Actions of transaction ${transaction.id}`} size="sm">
            <IconMore />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isOpen && (
            <Menu.Item leftSection={<IconTransactions />} onClick={() => setAct("sell")}>
              Sell by hand
            </Menu.Item>
          )}
          {transaction.can_be_cancelled && (
            <Menu.Item leftSection={<IconTrash />} onClick={() => setAct("void")}>
              Void
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconNote />} onClick={() => setAct("notes")}>
            {transaction.notes ? "Change the note" : "Add a note"}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {act === "sell" && <SellDialog transaction={transaction} onClose={() => setAct(null)} />}
      {act === "void" && <VoidDialog transaction={transaction} onClose={() => setAct(null)} />}
      {act === "notes" && <NotesDialog transaction={transaction} onClose={() => setAct(null)} />}
    </>
  );
}

interface DialogProps {
  transaction: Transaction;
  onClose: () => void;
}

export function SellDialog({ transaction, onClose }: DialogProps) {
  const [price, setPrice] = useState<Typed>("");
  const wish = useWish();
  const client = useQueryClient();
  const sell = async () => {
    tellUnderWay(await completeTransaction(transaction.id, typeof price === "number" ? price : null, wish.key([transaction.id, price])));
    await refresh(client);
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title="Sell by hand" act={`Sell ${transaction.open_shares.toLocaleString("en-US")} ${transaction.stock_symbol}`} onConfirm={sell}>
      <div>
        All {transaction.open_shares.toLocaleString("en-US")} shares of {transaction.stock_symbol}, bought at {formatPrice(transaction.purchase_price)}, are sold now. The service
        then waits to buy again.
      </div>
      <NumberField label="Price per share" description="Left empty: the last known price. Paper accepts a price within 20 % of it; a broker makes its own." min={0} decimalScale={6} value={price} onChange={setPrice} />
    </ConfirmDialog>
  );
}

function VoidDialog({ transaction, onClose }: DialogProps) {
  const [reason, setReason] = useState("");
  const wish = useWish();
  const client = useQueryClient();
  const cancel = async () => {
    await cancelTransaction(transaction.id, reason.trim(), wish.key([transaction.id, reason]));
    await refresh(client);
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title="Void this purchase" act="Void it" isDestructive isDisabled={!reason.trim()} onConfirm={cancel}>
      <div>
        The purchase of {transaction.shares.toLocaleString("en-US")} {transaction.stock_symbol} at {formatPrice(transaction.purchase_price)} is taken back and the money returned. The
        row stays, marked as voided: books are never erased.
      </div>
      <TextInput label="Why" required withAsterisk={false} maxLength={200} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
    </ConfirmDialog>
  );
}

function NotesDialog({ transaction, onClose }: DialogProps) {
  const [notes, setNote] = useState(transaction.notes ?? "");
  const client = useQueryClient();
  const keep = async () => {
    await setNotes(transaction.id, notes.trim() || null);
    await refresh(client);
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title={`Note on ${transaction.stock_symbol}, transaction ${transaction.id}`} act="Keep it" onConfirm={keep}>
      <Textarea aria-label="Note" autosize minRows={4} maxRows={12} maxLength={5000} value={notes} onChange={(event) => setNote(event.currentTarget.value)} />
    </ConfirmDialog>
  );
}

async function refresh(client: ReturnType<typeof useQueryClient>): Promise<void> {
  await Promise.all([keys.transactions.all, keys.services.all, keys.orders.all, keys.portfolio].map((queryKey) => client.invalidateQueries({ queryKey })));
}
