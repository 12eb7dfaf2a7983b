import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { notifyDone, notifyFailure } from "@/components/notify";
import { fieldErrors, inWords } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import type { Service, ServiceChanges } from "@/lib/api/schema";
import { deleteService } from "@/lib/api/services/deleteService";
import { updateService } from "@/lib/api/services/updateService";

import classes from "./ServicePage.module.css";
import { settingsOf, toService, type Settings } from "./settings";
import { SettingsFields } from "./SettingsFields";

/** Change what the service is set by; what is changed holds from the next bar. */
export function ServiceSettings({ service }: { service: Service }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [changes, setChanges] = useState<Partial<Settings>>({});
  const [isRemoving, setRemoving] = useState(false);
  const hasTraded = service.buy_count > 0 || service.has_dependencies;
  const save = useMutation({
    mutationFn: () => updateService(service.id, changed(service, { ...settingsOf(service), ...changes })),
    onSuccess: (updated) => {
      client.setQueryData(keys.services.one(service.id), updated);
      setChanges({});
      notifyDone("Saved. It holds from the next bar.");
    },
  });
  const archive = useMutation({
    mutationFn: () => updateService(service.id, { is_active: !service.is_active }),
    onSuccess: (updated) => client.setQueryData(keys.services.one(service.id), updated),
    onError: notifyFailure,
  });
  const isChanged = Object.keys(changes).length > 0;
  return (
    <form
      className={classes.padded}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <SettingsFields settings={{ ...settingsOf(service), ...changes }} onChange={(change) => setChanges((known) => ({ ...known, ...change }))} errors={fieldErrors(save.error)} hasTraded={hasTraded} />
      {save.error && (
        <p role="alert" className="loss">
          {inWords(save.error)}
        </p>
      )}
      <Group gap="xs" mt="md">
        {service.state === "INACTIVE" &&
          (hasTraded ? (
            <Button variant="default" loading={archive.isPending} onClick={() => archive.mutate()}>
              {service.is_active ? "Archive this service" : "Take it out of the archive"}
            </Button>
          ) : (
            <Button variant="default" onClick={() => setRemoving(true)}>
              Remove this service
            </Button>
          ))}
        <Button variant="default" ml="auto" disabled={!isChanged} onClick={() => setChanges({})}>
          Undo
        </Button>
        <Button type="submit" disabled={!isChanged} loading={save.isPending}>
          Save
        </Button>
      </Group>
      {isRemoving && (
        <ConfirmDialog
          isOpen
          onClose={() => setRemoving(false)}
          title={`Remove ${service.name}`}
          act="Remove it"
          isDestructive
          onConfirm={async () => {
            await deleteService(service.id);
            await client.invalidateQueries({ queryKey: keys.services.lists });
            await navigate({ to: "/services" });
          }}
        >
          <div>It never traded: nothing is lost but its settings.</div>
        </ConfirmDialog>
      )}
    </form>
  );
}

/** Only what is another value now: the server refuses what may not change any more, even to the same. */
function changed(service: Service, settings: Settings): ServiceChanges {
  const before = new Map<string, unknown>(Object.entries(toService(settingsOf(service))));
  const after = Object.entries(toService(settings));
  return Object.fromEntries(after.filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name))));
}
