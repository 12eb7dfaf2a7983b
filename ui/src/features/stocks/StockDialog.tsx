import { Switch, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { keys } from "@/lib/api/keys";
import type { Stock } from "@/lib/api/schema";

import { createStock } from "./api/createStock";
import { updateStock } from "./api/updateStock";

/** A new stock, or another description of one. */
export function StockDialog({ stock, onClose }: { stock?: Stock; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [values, setValues] = useState({ symbol: stock?.symbol ?? "", name: stock?.name ?? "", sector: stock?.sector ?? "", description: stock?.description ?? "", is_active: stock?.is_active ?? true });
  const set = (change: Partial<typeof values>) => setValues({ ...values, ...change });
  const save = async () => {
    const body = { ...values, symbol: values.symbol.trim().toUpperCase(), name: values.name.trim() || null, sector: values.sector.trim() || null, description: values.description.trim() || null };
    const saved = stock ? await updateStock(stock.id, body) : await createStock(body);
    await client.invalidateQueries({ queryKey: keys.stocks.all });
    await navigate({ to: "/stocks/$symbol", params: { symbol: saved.symbol } });
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title={stock ? `Edit ${stock.symbol}` : "Add a stock"} act={stock ? "Save" : "Add it"} isDisabled={!values.symbol.trim()} onConfirm={save}>
      <TextInput label="Symbol" maxLength={10} value={values.symbol} onChange={(event) => set({ symbol: event.currentTarget.value })} data-autofocus />
      <TextInput label="Name" value={values.name} onChange={(event) => set({ name: event.currentTarget.value })} />
      <TextInput label="Sector" value={values.sector} onChange={(event) => set({ sector: event.currentTarget.value })} />
      <Textarea label="Description" autosize minRows={2} value={values.description} onChange={(event) => set({ description: event.currentTarget.value })} />
      <Switch label="May be traded" checked={values.is_active} onChange={(event) => set({ is_active: event.currentTarget.checked })} />
    </ConfirmDialog>
  );
}
