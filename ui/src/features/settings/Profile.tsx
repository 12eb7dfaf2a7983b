import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";

import { notifyDone } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { fieldErrors, inWords } from "@/lib/api/errors";
import { session } from "@/lib/auth/session";
import { useUser } from "@/lib/auth/useSession";

import { updateProfile } from "./api/updateProfile";
import classes from "./Settings.module.css";

/** Name and mail address. */
export function Profile() {
  const user = useUser();
  const form = useForm({ initialValues: { username: user.username, email: user.email } });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => updateProfile(user.id, values),
    onSuccess: (changed) => {
      session.setUser(changed);
      form.resetDirty();
      notifyDone("Your profile is saved.");
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <Panel title="Profile" padded>
      <form className={classes.form} onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <TextInput label="User name" autoComplete="username" {...form.getInputProps("username")} />
        <TextInput label="Mail address" type="email" autoComplete="email" {...form.getInputProps("email")} />
        {save.error && Object.keys(fieldErrors(save.error)).length === 0 && <div role="alert" className="loss">{inWords(save.error)}</div>}
        <div className={classes.end}>
          <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Panel>
  );
}
