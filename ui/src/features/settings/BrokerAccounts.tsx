import { ActionIcon, Button, Group, PasswordInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column } from "@/components/DataTable";
import { IconPlus, IconTrash } from "@/components/icons";
import { notifyDone, notifyFailure } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { listBrokers } from "@/lib/api/brokers/listBrokers";
import { keys } from "@/lib/api/keys";
import type { BrokerCredential } from "@/lib/api/schema";
import { formatMoney } from "@/lib/format/money";

import { connectBroker } from "./api/connectBroker";
import { disconnectBroker } from "./api/disconnectBroker";
import { resumeBroker } from "./api/resumeBroker";
import { testBroker } from "./api/testBroker";

/** The user's accounts at real brokers; their keys are given once and never shown again. */
export function BrokerAccounts() {
  const client = useQueryClient();
  const found = useQuery(listBrokers());
  const [isAdding, setAdding] = useState(false);
  const [doomed, setDoomed] = useState<BrokerCredential | null>(null);
  const [halted, setHalted] = useState<BrokerCredential | null>(null);
  const again = () => client.invalidateQueries({ queryKey: keys.brokers });
  const test = useMutation({
    mutationFn: testBroker,
    onSuccess: (told) => (told.is_accepted ? notifyDone(`The keys are good. Cash in the account: ${formatMoney(told.cash)}.`) : notifyFailure(new Error(told.error ?? ""))),
    onError: notifyFailure,
  });
  const columns: Column<BrokerCredential>[] = [
    ...COLUMNS,
    {
      key: "acts",
      header: "Acts",
      isUnnamed: true,
      align: "end",
      cell: (account) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          {account.halted_at && (
            <Button size="compact-xs" color="red.8" aria-label={`Look at ${titleOf(account)}`} onClick={() => setHalted(account)}>
              Stopped
            </Button>
          )}
          <Button size="compact-xs" variant="default" aria-label={`Test ${titleOf(account)}`} loading={test.isPending && test.variables === account.id} onClick={() => test.mutate(account.id)}>
            Test
          </Button>
          <ActionIcon aria-label={`Disconnect ${titleOf(account)}`} size="sm" onClick={() => setDoomed(account)}>
            <IconTrash />
          </ActionIcon>
        </Group>
      ),
    },
  ];
  return (
    <Panel
      title="Broker accounts"
      aside={
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          Connect an account
        </Button>
      }
    >
      <DataTable
        label="Broker accounts"
        columns={columns}
        rows={found.data?.connected}
        rowKey={(account) => account.id}
        error={found.error}
        retry={() => void found.refetch()}
        empty={{ title: "No account connected", words: "Services trade on paper. One that has passed its gate to real money may name an account that is connected here." }}
        skeletonRows={2}
      />
      {isAdding && <ConnectDialog brokers={found.data?.available.filter((name) => name !== "paper") ?? []} onClose={() => setAdding(false)} onConnected={again} />}
      {halted && (
        <ConfirmDialog
          isOpen
          onClose={() => setHalted(null)}
          title={`Nothing is bought in ${titleOf(halted)}`}
          act="I have looked: buy again"
          onConfirm={async () => {
            await resumeBroker(halted.id);
            await again();
          }}
        >
          <div>{halted.halted_reason}. Look at it at the broker, and end it there if nobody wants it. Stops and sales have gone on meanwhile.</div>
        </ConfirmDialog>
      )}
      {doomed && (
        <ConfirmDialog
          isOpen
          onClose={() => setDoomed(null)}
          title={`Disconnect ${titleOf(doomed)}`}
          act="Disconnect it"
          isDestructive
          onConfirm={async () => {
            await disconnectBroker(doomed.id);
            await again();
          }}
        >
          <div>Its keys are forgotten. The account itself, and what lies in it, stays as it is.</div>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

const COLUMNS: Column<BrokerCredential>[] = [
  { key: "broker", header: "Broker", cell: (account) => <strong>{account.broker}</strong> },
  { key: "is_live", header: "Market", cell: (account) => <StateBadge state={account.is_live ? "ACTIVE" : "INACTIVE"} word={account.is_live ? "Real money" : "Broker's paper"} /> },
  { key: "account", header: "Account", from: "roomy", cell: (account) => account.account },
  { key: "cash", header: "Cash", align: "end", from: "roomy", cell: (account) => formatMoney(account.cash) },
  { key: "shown", header: "Key", from: "roomy", cell: (account) => `…${account.shown}` },
  { key: "verified_at", header: "Keys taken", from: "wide", cell: (account) => <Time value={account.verified_at} relative /> },
];

function titleOf(account: BrokerCredential): string {
  return `${account.broker} ${account.account}`;
}

function ConnectDialog({ brokers, onClose, onConnected }: { brokers: string[]; onClose: () => void; onConnected: () => Promise<void> }) {
  const [broker, setBroker] = useState(brokers[0] ?? "");
  const [market, setMarket] = useState("paper");
  const [key, setKey] = useState("");
  const [secret, setSecret] = useState("");
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Connect an account"
      act="Connect it"
      isDisabled={!broker || !key.trim() || !secret.trim()}
      onConfirm={async () => {
        await connectBroker({ broker, is_live: market === "live", key: key.trim(), secret: secret.trim() });
        await onConnected();
      }}
    >
      <Select label="Broker" data={brokers} value={broker} onChange={(name) => setBroker(name ?? "")} allowDeselect={false} />
      <SegmentedControl
        aria-label="Market"
        data={[
          { value: "paper", label: "The broker's paper market" },
          { value: "live", label: "Real money" },
        ]}
        value={market}
        onChange={setMarket}
      />
      <TextInput label="Key" autoComplete="off" value={key} onChange={(event) => setKey(event.currentTarget.value)} />
      <PasswordInput label="Secret" description="Both are stored sealed and never shown again. Real money needs your second factor." autoComplete="off" value={secret} onChange={(event) => setSecret(event.currentTarget.value)} />
    </ConfirmDialog>
  );
}
