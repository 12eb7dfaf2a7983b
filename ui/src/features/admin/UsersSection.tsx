import { ActionIcon, Button, CopyButton, Menu, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { DataTable, type Column, type Sorting } from "@/components/DataTable";
import { IconMore, IconPlus, IconSearch } from "@/components/icons";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { keys } from "@/lib/api/keys";
import type { Invited, Operations, User } from "@/lib/api/schema";
import { useUser } from "@/lib/auth/useSession";

import classes from "./Admin.module.css";
import { inviteUser } from "./api/inviteUser";
import { listUsers } from "./api/listUsers";
import { resetPassword } from "./api/resetPassword";
import { setRole } from "./api/setRole";
import { toggleUser } from "./api/toggleUser";

type Query = Operations["GET /users"]["query"];
type Act = "role" | "toggle" | "reset";

const PAGE_SIZE = 25;
const KINDS = [
  { value: "admin", label: "Admins" },
  { value: "user", label: "Users" },
  { value: "shut", label: "Shut" },
];

/** The accounts: open one for somebody by a link, shut one, make an admin, give a way back in. */
export function UsersSection() {
  const [words, setWords] = useState("");
  const [kind, setKind] = useState<string | null>(null);
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<Sorting>({ sort: "id", order: "asc" });
  const [named] = useDebouncedValue(words.trim(), 200);
  const [isInviting, setInviting] = useState(false);
  const [invited, setInvited] = useState<Invited | null>(null);
  const query: Query = {
    page,
    page_size: PAGE_SIZE,
    sort: sorting.sort as NonNullable<Query["sort"]>,
    order: sorting.order,
    ...(named ? { username_like: named } : {}),
    ...(kind === "shut" ? { is_active: false } : kind ? { is_admin: kind === "admin" } : {}),
  };
  const users = useQuery({ ...listUsers(query), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Accounts"
      aside={
        <>
          <TextInput aria-label="Find by name" placeholder="Find by name" size="xs" leftSection={<IconSearch size={14} />} value={words} onChange={(event) => { setWords(event.currentTarget.value); setPage(1); }} />
          <Select aria-label="Kind" placeholder="All" size="xs" w={100} clearable data={KINDS} value={kind} onChange={(value) => { setKind(value); setPage(1); }} />
          <Button leftSection={<IconPlus size={14} />} onClick={() => setInviting(true)}>
            New user
          </Button>
        </>
      }
    >
      <DataTable
        label="Users"
        columns={[...COLUMNS, { key: "actions", header: "Actions", isUnnamed: true, align: "end", cell: (user) => <UserActions user={user} onLink={setInvited} /> }]}
        rows={users.data?.items}
        unreadable={users.data?.unreadable}
        rowKey={(user) => user.id}
        error={users.error}
        retry={() => void users.refetch()}
        sorting={sorting}
        onSort={(next) => { setSorting(next); setPage(1); }}
        {...(users.data ? { pagination: users.data.pagination } : {})}
        onPage={setPage}
        empty={{ title: "Nobody is like that", words: "Choose another name or kind." }}
      />
      {isInviting && <InviteDialog onClose={() => setInviting(false)} onDone={setInvited} />}
      {invited && <LinkDialog invited={invited} onClose={() => setInvited(null)} />}
    </Panel>
  );
}

function InviteDialog({ onClose, onDone }: { onClose: () => void; onDone: (invited: Invited) => void }) {
  const client = useQueryClient();
  const [username, setName] = useState("");
  const [email, setMail] = useState("");
  const invite = async () => {
    onDone(await inviteUser({ username: username.trim(), email: email.trim() }));
    await client.invalidateQueries({ queryKey: keys.admin.allUsers });
  };
  return (
    <ConfirmDialog isOpen onClose={onClose} title="New user" act="Create the account" isDisabled={!username.trim() || !email.trim()} onConfirm={invite}>
      <div>You get a link that works once: by it the user chooses the password, which nobody else ever sees.</div>
      <TextInput label="Name" description="3 to 50 letters, digits, _ or -" autoComplete="off" data-autofocus value={username} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput label="Mail address" type="email" autoComplete="off" value={email} onChange={(event) => setMail(event.currentTarget.value)} />
    </ConfirmDialog>
  );
}

function LinkDialog({ invited, onClose }: { invited: Invited; onClose: () => void }) {
  return (
    <ConfirmDialog isOpen onClose={onClose} title={`Link for ${invited.user.username}`} act="I have passed it on" onConfirm={() => Promise.resolve()}>
      <div>
        It is shown this once. Give it to {invited.user.username} on a way that only you two see: who opens it first chooses the password.
      </div>
      <Stack gap={8}>
        <code className={classes.link} data-testid="one-time-link">{invited.set_password_url}</code>
        <CopyButton value={invited.set_password_url}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy the link"}
            </Button>
          )}
        </CopyButton>
      </Stack>
    </ConfirmDialog>
  );
}

function UserActions({ user, onLink }: { user: User; onLink: (invited: Invited) => void }) {
  const client = useQueryClient();
  const me = useUser();
  const [act, setAct] = useState<Act | null>(null);
  const done = () => client.invalidateQueries({ queryKey: keys.admin.allUsers });
  const close = () => setAct(null);
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon size="sm" aria-label={`Actions of ${user.username}`}>
            <IconMore />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAct("role")}>{user.is_admin ? "Make it a user" : "Make it an admin"}</Menu.Item>
          <Menu.Item onClick={() => setAct("reset")}>Link for a new password</Menu.Item>
          <Menu.Item disabled={user.id === me.id} onClick={() => setAct("toggle")}>{user.is_active ? "Shut the account" : "Open the account"}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={act === "role"}
        onClose={close}
        title={user.is_admin ? `Make ${user.username} a user` : `Make ${user.username} an admin`}
        act={user.is_admin ? "Make it a user" : "Make it an admin"}
        isDestructive={user.is_admin}
        onConfirm={async () => { await setRole(user.id, !user.is_admin); await done(); }}
      >
        <div>{user.is_admin ? "It can then no longer administer this installation. One admin always stays." : "It then sees everybody's services and can stop all trading."}</div>
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={act === "toggle"}
        onClose={close}
        title={user.is_active ? `Shut the account of ${user.username}` : `Open the account of ${user.username}`}
        act={user.is_active ? "Shut it" : "Open it"}
        isDestructive={user.is_active}
        onConfirm={async () => { await toggleUser(user.id); await done(); }}
      >
        <div>{user.is_active ? "Every login of it ends at once, and it cannot sign in until the account is opened again." : "It can sign in again with its password."}</div>
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={act === "reset"}
        onClose={close}
        title={`New password for ${user.username}`}
        act="Make the link"
        onConfirm={async () => { onLink(await resetPassword(user.id)); await done(); }}
      >
        <div>A link is made that works once. The old password works no more, and every login of {user.username} ends.</div>
      </ConfirmDialog>
    </>
  );
}

const COLUMNS: Column<User>[] = [
  {
    key: "username",
    header: "User",
    sortable: true,
    cell: (user) => (
      <div className={classes.two}>
        <strong>{user.username}</strong>
        <span className={classes.sub}>{user.email}</span>
      </div>
    ),
  },
  { key: "is_admin", header: "Role", sortable: true, cell: (user) => (user.is_admin ? "Admin" : "User") },
  { key: "is_active", header: "Account", sortable: true, cell: (user) => <StateBadge state={user.is_active ? "ACTIVE" : "INACTIVE"} word={user.is_active ? "Open" : "Shut"} /> },
  { key: "has_totp", header: "Two-factor", from: "wide", cell: (user) => (user.has_totp ? "on" : <span className="faint">off</span>) },
  { key: "has_active_services", header: "Trades", from: "wide", cell: (user) => (user.has_active_services ? "yes" : <span className="faint">no</span>) },
  { key: "last_login", header: "Last signed in", align: "end", sortable: true, from: "roomy", cell: (user) => (user.last_login ? <Time value={user.last_login} relative /> : <span className="faint">never</span>) },
];
