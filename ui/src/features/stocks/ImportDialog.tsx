import { Button, Checkbox, FileInput, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { IconUpload } from "@/components/icons";
import { inWords } from "@/lib/api/errors";
import { zones } from "@/lib/format/time";

import { importPrices } from "./api/importPrices";
import { JobOutcome } from "./JobOutcome";
import classes from "./Stocks.module.css";

const ZONES = zones();
const MOST_ZONES_SHOWN = 50;

/** A file of prices in any common vendor's layout; each bad row is told by its line. */
export function ImportDialog({ symbol, onClose }: { symbol?: string; onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [of, setOf] = useState(symbol ?? "");
  const [conflict, setConflict] = useState<"update" | "skip">("update");
  const [order, setOrder] = useState<"dmy" | "mdy" | null>(null);
  const [zone, setZone] = useState<string | null>(null);
  const [isTrial, setTrial] = useState(false);
  const [isPartial, setPartial] = useState(false);
  const send = useMutation({
    mutationFn: ({ chosen, isTrial }: { chosen: File; isTrial: boolean }) =>
      importPrices(chosen, { ...(of.trim() ? { symbol: of.trim().toUpperCase() } : {}), on_conflict: conflict, ...(order ? { date_order: order } : {}), ...(zone ? { timezone: zone } : {}), ...(isTrial ? { dry_run: true } : {}), ...(isPartial ? { partial: true } : {}) }),
  });
  return (
    <Modal opened onClose={onClose} title="Import prices" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (file) send.mutate({ chosen: file, isTrial });
        }}
      >
        <Stack gap="sm">
          <FileInput label="File" description="CSV, JSON, either gzipped, or Parquet; daily or intraday; of Yahoo, Stooq, Alpha Vantage, Nasdaq and others" placeholder="Choose a file" leftSection={<IconUpload />} clearable value={file} onChange={setFile} />
          <TextInput label="Stock" description="Left empty where a column of the file names it" maxLength={10} value={of} onChange={(event) => setOf(event.currentTarget.value)} />
          <Select label="Bars that are stored already" allowDeselect={false} data={[{ value: "update", label: "are updated" }, { value: "skip", label: "stay as they are" }]} value={conflict} onChange={(value) => setConflict(value === "skip" ? "skip" : "update")} />
          <div className={classes.pair}>
            <Select label="Dates such as 03/04/2024" placeholder="As its other dates have it" clearable data={[{ value: "dmy", label: "are of April, the day first" }, { value: "mdy", label: "are of March, the month first" }]} value={order} onChange={(value) => setOrder(value === "dmy" || value === "mdy" ? value : null)} />
            <Select label="Times without a zone" placeholder="Are New York's" clearable searchable limit={MOST_ZONES_SHOWN} nothingFoundMessage="There is no such zone" data={ZONES} value={zone} onChange={setZone} />
          </div>
          <Checkbox label="Only check: write nothing" checked={isTrial} onChange={(event) => setTrial(event.currentTarget.checked)} />
          <Checkbox label="Keep the good rows of a file that has bad ones" checked={isPartial} onChange={(event) => setPartial(event.currentTarget.checked)} />
          {send.error && (
            <div role="alert" className="loss">
              {inWords(send.error)}
            </div>
          )}
          {send.data && <JobOutcome id={send.data.id} label="Import" rowsWord={send.variables.isTrial ? "Good rows, nothing written" : "Rows stored"} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={send.isPending} disabled={!file}>
              {isTrial ? "Check the file" : "Import"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
