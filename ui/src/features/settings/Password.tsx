import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";

import { notifyDone, notifyFailure } from "@/components/notify";
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
  const leave = useMutation({ mutationFn: signOutEverywhere, onSuccess: () => session.signOut(), onError: notifyFailure });
  return (
    <Panel title="Password" padded>
      <form className={classes.form} onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <PasswordInput label="Current password" autoComplete="current-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("current_password")} />
        <PasswordInput label="New password" autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("new_password")} />
        <PasswordInput label="Once more" autoComplete="new-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("confirm_password")} />
        {change.error && Object.keys(fieldErrors(change.error)).length === 0 && <div role="alert" className="loss">{inWords(change.error)}</div>}
        <div className={classes.end}>
          <Button variant="default" loading={leave.isPending} onClick={() => leave.mutate()}>
            Sign out everywhere
          </Button>
          <Button type="submit" disabled={!form.isDirty()} loading={change.isPending}>
            Change the password
          </Button>
        </div>
      </form>
    </Panel>
  );
}
