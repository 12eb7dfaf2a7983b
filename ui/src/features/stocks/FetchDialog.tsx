import { Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { useWish } from "@/components/useWish";
import { inWords } from "@/lib/api/errors";
import type { Fetch } from "@/lib/api/schema";

import { fetchPrices } from "./api/fetchPrices";
import { JobOutcome } from "./JobOutcome";

const PROVIDERS: { value: NonNullable<Fetch["provider"]>; label: string }[] = [{ value: "sample", label: "The sample that comes with DayTrader" }];

/** Have a provider's prices of one stock stored. */
export function FetchDialog({ symbol, onClose }: { symbol: string; onClose: () => void }) {
  const wish = useWish();
  const [provider, setProvider] = useState<NonNullable<Fetch["provider"]>>("sample");
  const [start, setStart] = useState("");
  const [end, setEnd] = useState("");
  const send = useMutation({
    mutationFn: () => {
      const body: Fetch = { provider, start: start || null, end: end || null };
      return fetchPrices(symbol, body, wish.key(body));
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Fetch prices of ${symbol}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <Stack gap="sm">
          <Select label="From" allowDeselect={false} data={PROVIDERS} value={provider} onChange={(value) => setProvider((value ?? "sample"))} />
          <Group grow>
            <TextInput label="First session" type="date" value={start} onChange={(event) => setStart(event.currentTarget.value)} />
            <TextInput label="Last session" type="date" value={end} onChange={(event) => setEnd(event.currentTarget.value)} />
          </Group>
          {send.error && (
            <div role="alert" className="loss">
              {inWords(send.error)}
            </div>
          )}
          {send.data && <JobOutcome id={send.data.id} label="Fetch" />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={send.isPending}>
              Fetch
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
