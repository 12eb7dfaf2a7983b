import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { EmptyState } from "@/components/States";
import { useUser } from "@/lib/auth/useSession";

import classes from "./Admin.module.css";
import { ActionsSection } from "./ActionsSection";
import { AuditSection } from "./AuditSection";
import { ConfigSection } from "./ConfigSection";
import { DatabaseSection } from "./DatabaseSection";
import { EngineSection } from "./EngineSection";
import { JobsSection } from "./JobsSection";
import { UsersSection } from "./UsersSection";

interface Section {
  path: string;
  label: string;
  content: ReactNode;
}

const SECTIONS: Section[] = [
  { path: "users", label: "Users", content: <UsersSection /> },
  { path: "engine", label: "Engine and health", content: <EngineSection /> },
  { path: "jobs", label: "Jobs", content: <JobsSection /> },
  { path: "actions", label: "Dividends and splits", content: <ActionsSection /> },
  { path: "database", label: "Database", content: <DatabaseSection /> },
  { path: "config", label: "Configuration", content: <ConfigSection /> },
  { path: "audit", label: "Audit log", content: <AuditSection /> },
];

/** What administers this installation. Only for admins; the server refuses everybody else whatever is shown. */
export function AdminPage() {
  const user = useUser();
  const { section = "users" } = useParams({ strict: false });
  const shown = SECTIONS.find((one) => one.path === section);
  if (!user.is_admin) {
    return (
      <Page title="Administration">
        <Panel>
          <EmptyState title="Only for admins">An admin of this installation can make you one.</EmptyState>
        </Panel>
      </Page>
    );
  }
  return (
    <Page title="Administration">
      <nav className={classes.tabs} aria-label="Administration">
        {SECTIONS.map((one) => (
          <Link key={one.path} to="/admin/$section" params={{ section: one.path }} className={classes.tab} aria-current={one === shown ? "page" : undefined}>
            {one.label}
          </Link>
        ))}
      </nav>
      {shown?.content ?? (
        <Panel>
          <EmptyState title="There is no such part">Choose one above.</EmptyState>
        </Panel>
      )}
    </Page>
  );
}
