import { ActionIcon, Button, Checkbox, Group, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column } from "@/components/DataTable";
import { IconPlus, IconTrash } from "@/components/icons";
import { notifyDone, notifyFailure } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { Time } from "@/components/Time";
import type { NotificationTarget } from "@/lib/api/schema";

import { asItIs, chooseNotifications, type ChosenTarget } from "./api/chooseNotifications";
import { listNotifications, NOTIFICATIONS } from "./api/listNotifications";
import { testNotification } from "./api/testNotification";

type Kind = NotificationTarget["kinds"][number];

const KINDS: { value: Kind; label: string }[] = [
  { value: "trades", label: "trades" },
  { value: "errors", label: "errors" },
  { value: "daily_summary", label: "each day's sum" },
];

/** Where the user is told of trades and errors outside of DayTrader. */
export function Notifications() {
  const client = useQueryClient();
  const found = useQuery(listNotifications());
  const [isAdding, setAdding] = useState(false);
  const [doomed, setDoomed] = useState<NotificationTarget | null>(null);
  const targets = found.data?.targets ?? [];
  const choose = async (chosen: ChosenTarget[]) => {
    client.setQueryData(NOTIFICATIONS, await chooseNotifications(chosen));
  };
  const change = useMutation({ mutationFn: choose, onError: notifyFailure });
  const switchOn = (changed: NotificationTarget, isActive: boolean) =>
    change.mutate(targets.map((target) => ({ ...asItIs(target), is_active: target === changed ? isActive : target.is_active })));
  const test = useMutation({
    mutationFn: testNotification,
    onSuccess: (told) => (told.is_accepted ? notifyDone("The test was sent.") : notifyFailure(new Error(told.error ?? ""))),
    onError: notifyFailure,
  });
  const columns: Column<NotificationTarget>[] = [
    ...COLUMNS,
    {
      key: "is_active",
      header: "On",
      cell: (target) => (
        <Switch
          size="xs"
          aria-label={`Tell ${target.name}`}
          checked={target.is_active}
          disabled={change.isPending}
          onChange={(event) => switchOn(target, event.currentTarget.checked)}
        />
      ),
    },
    {
      key: "acts",
      header: "Acts",
      isUnnamed: true,
      align: "end",
      cell: (target) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Test ${target.name}`}
            loading={test.isPending && test.variables === target.name}
            onClick={() => test.mutate(target.name)}
          >
            Test
          </Button>
          <ActionIcon aria-label={`Remove ${target.name}`} size="sm" onClick={() => setDoomed(target)}>
            <IconTrash />
          </ActionIcon>
        </Group>
      ),
    },
  ];
  return (
    <Panel
      title="Notifications"
      aside={
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          New target
        </Button>
      }
    >
      <DataTable
        label="Notifications"
        columns={columns}
        rows={found.data?.targets}
        rowKey={(target) => target.id}
        error={found.error}
        retry={() => void found.refetch()}
        empty={{ title: "No targets", words: "Be told of trades and errors by mail, Telegram, Slack, Discord or a webhook." }}
        skeletonRows={2}
      />
      {isAdding && <NewTargetDialog onClose={() => setAdding(false)} onMade={(made) => choose([...targets.map(asItIs), made])} />}
      {doomed && (
        <ConfirmDialog
          isOpen
          onClose={() => setDoomed(null)}
          title={`Remove ${doomed.name}`}
          act="Remove it"
          isDestructive
          onConfirm={() => choose(targets.filter((target) => target !== doomed).map(asItIs))}
        >
          <div>Nothing is sent there any more, and its address is forgotten.</div>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

const COLUMNS: Column<NotificationTarget>[] = [
  { key: "name", header: "Name", cell: (target) => <strong>{target.name}</strong> },
  { key: "shown", header: "Where to", from: "roomy", cell: (target) => target.shown },
  { key: "kinds", header: "Tells", cell: (target) => KINDS.filter((kind) => target.kinds.includes(kind.value)).map((kind) => kind.label).join(", ") },
  { key: "last_sent_at", header: "Last sent", from: "roomy", cell: (target) => <LastSent target={target} /> },
];

function LastSent({ target }: { target: NotificationTarget }) {
  if (target.last_error) return <span className="loss" title={target.last_error}>fails: {target.last_error}</span>;
  return target.last_sent_at ? <Time value={target.last_sent_at} relative /> : <span className="faint">never</span>;
}

function NewTargetDialog({ onClose, onMade }: { onClose: () => void; onMade: (made: ChosenTarget) => Promise<void> }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [kinds, setKinds] = useState<string[]>(["trades", "errors"]);
  const make = () => onMade({ name: name.trim(), url: url.trim(), kinds: kinds as Kind[], is_active: true });
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="New target"
      act="Add the target"
      isDisabled={!name.trim() || !url.trim() || kinds.length === 0}
      onConfirm={make}
    >
      <TextInput label="Name" placeholder="my phone" maxLength={50} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
      <TextInput
        label="Address"
        description="tgram://BOT-TOKEN/CHAT-ID, slack://A/B/C/#channel, discord://ID/TOKEN, mailtos://user:password@host?to=me@host, jsons://host/path. It is stored sealed and never shown again."
        autoComplete="off"
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <Checkbox.Group label="It is told" value={kinds} onChange={setKinds}>
        <Group mt={6}>
          {KINDS.map((kind) => (
            <Checkbox key={kind.value} value={kind.value} label={kind.label} />
          ))}
        </Group>
      </Checkbox.Group>
    </ConfirmDialog>
  );
}
