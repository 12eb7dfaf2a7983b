import { ActionIcon, Button, Checkbox, CopyButton, Group, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column } from "@/components/DataTable";
import { IconPlus, IconTrash } from "@/components/icons";
import { Panel } from "@/components/Panel";
import { Time } from "@/components/Time";
import type { ApiKey } from "@/lib/api/schema";
import { useUser } from "@/lib/auth/useSession";

import { createApiKey } from "./api/createApiKey";
import { deleteApiKey } from "./api/deleteApiKey";
import { API_KEYS, listApiKeys } from "./api/listApiKeys";
import classes from "./Settings.module.css";

type Scope = ApiKey["scopes"][number];

const LIVES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
  { value: "", label: "For ever" },
];
const DAY = 24 * 3600 * 1000;

/** Keys by which scripts act for the user. */
export function ApiKeys() {
  const user = useUser();
  const client = useQueryClient();
  const keys = useQuery(listApiKeys(user.id));
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const again = () => client.invalidateQueries({ queryKey: API_KEYS });
  const columns: Column<ApiKey>[] = [
    ...COLUMNS,
    {
      key: "revoke",
      header: "Revoke",
      isUnnamed: true,
      align: "end",
      cell: (key) => (
        <ActionIcon aria-label={`Revoke ${key.name}`} size="sm" onClick={() => setDoomed(key)}>
          <IconTrash />
        </ActionIcon>
      ),
    },
  ];
  return (
    <Panel
      title="API keys"
      aside={
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
          New key
        </Button>
      }
    >
      {secret && (
        <div className={classes.form} style={{ padding: 12 }} role="status">
          <div>This is the key. It is shown this once: keep it where your script finds it.</div>
          <div className={classes.secret} data-testid="api-key">{secret}</div>
          <div className={classes.end}>
            <CopyButton value={secret}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? "Copied" : "Copy the key"}
                </Button>
              )}
            </CopyButton>
            <Button onClick={() => setSecret(null)}>I have kept it</Button>
          </div>
        </div>
      )}
      <DataTable
        label="API keys"
        columns={columns}
        rows={keys.data?.items}
        rowKey={(key) => key.id}
        error={keys.error}
        retry={() => void keys.refetch()}
        empty={{ title: "No keys", words: "A key lets a script use the API for you, as far as its scope goes." }}
        skeletonRows={2}
      />
      {isMaking && <NewKeyDialog isAdmin={user.is_admin} onClose={() => setMaking(false)} onMade={(made) => { setSecret(made); void again(); }} />}
      {doomed && (
        <ConfirmDialog
          isOpen
          onClose={() => setDoomed(null)}
          title={`Revoke ${doomed.name}`}
          act="Revoke it"
          isDestructive
          onConfirm={async () => {
            await deleteApiKey(doomed.id);
            setSecret(null);
            await again();
          }}
        >
          <div>Scripts that use it are refused from now on.</div>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

const COLUMNS: Column<ApiKey>[] = [
  { key: "name", header: "Name", cell: (key) => <strong>{key.name}</strong> },
  { key: "prefix", header: "Begins with", from: "roomy", cell: (key) => <code>{key.prefix}…</code> },
  { key: "scopes", header: "May", cell: (key) => key.scopes.join(", ") },
  { key: "expires_at", header: "Until", from: "roomy", cell: (key) => (key.expires_at ? <Time value={key.expires_at} /> : "for ever") },
  { key: "last_used_at", header: "Last used", from: "roomy", cell: (key) => (key.last_used_at ? <Time value={key.last_used_at} relative /> : <span className="faint">never</span>) },
];

function NewKeyDialog({ isAdmin, onClose, onMade }: { isAdmin: boolean; onClose: () => void; onMade: (secret: string) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read"]);
  const [days, setDays] = useState("90");
  const make = async () => {
    const expires = days ? new Date(Date.now() + Number(days) * DAY).toISOString() : null;
    const made = await createApiKey({ name: name.trim(), scopes: scopes as Scope[], expires_at: expires });
    onMade(made.key);
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title="New API key" act="Make the key" isDisabled={!name.trim() || scopes.length === 0} onConfirm={make}>
      <TextInput label="Name" placeholder="nightly report" maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
      <Checkbox.Group label="It may" value={scopes} onChange={setScopes}>
        <Group mt={6}>
          <Checkbox value="read" label="read" />
          <Checkbox value="trade" label="trade" />
          {isAdmin && <Checkbox value="admin" label="administer" />}
        </Group>
      </Checkbox.Group>
      <Select label="For" allowDeselect={false} data={LIVES} value={days} onChange={(value) => setDays(value ?? "")} />
    </ConfirmDialog>
  );
}
