import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { notifyDone } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { fieldErrors, inWords } from "@/lib/api/errors";
import { session } from "@/lib/auth/session";

import { changePassword } from "./api/changePassword";
import { signOutEverywhere } from "./api/signOutEverywhere";
import classes from "./Settings.module.css";

const toggle = { "aria-label": "Show what is typed" };

/** Another password, and the end of all logins. */
export function Password() {
  const form = useForm({ initialValues: { current_password: "", new_password: "", confirm_password: "" } });
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      form.reset();
      notifyDone("Your password is changed. Every other login has ended.");
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const [isLeaving, setLeaving] = useState(false);
  return (
    <Panel title="Password" padded>
      <form className={classes.form} onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <PasswordInput label="Current password" autoComplete="current-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("current_password")} />
        <PasswordInput label="New password" autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("new_password")} />
        <PasswordInput label="Once more" autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("confirm_password")} />
        {change.error && Object.keys(fieldErrors(change.error)).length === 0 && <div role="alert" className="loss">{inWords(change.error)}</div>}
        <div className={classes.end}>
          <Button variant="default" onClick={() => setLeaving(true)}>
            Sign out everywhere
          </Button>
          <Button type="submit" disabled={!form.isDirty()} loading={change.isPending}>
            Change the password
          </Button>
        </div>
      </form>
      <ConfirmDialog
        isOpen={isLeaving}
        onClose={() => setLeaving(false)}
        title="Sign out everywhere"
        act="Sign out everywhere"
        onConfirm={async () => {
          await signOutEverywhere();
          await session.signOut();
        }}
      >
        <div>Every login of yours ends, on this device too. API keys stay.</div>
      </ConfirmDialog>
    </Panel>
  );
}
