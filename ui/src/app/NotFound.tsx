import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { EmptyState } from "@/components/States";

/** An address that names no page. */
export function NotFound() {
  return (
    <Page title="Not found">
      <Panel>
        <EmptyState title="There is no such page" action={<Button component={Link} to="/" variant="default">To the dashboard</Button>}>
          The address may be mistyped, or what it named was removed.
        </EmptyState>
      </Panel>
    </Page>
  );
}
