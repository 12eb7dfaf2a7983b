import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { inWords } from "@/lib/api/errors";

import { setPassword } from "./api/setPassword";
import classes from "./AuthScreen.module.css";

/** A password chosen through the one-time link of an admin. */
export function SetPasswordForm() {
  const [token] = useState(readToken);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [username, setUsername] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { first: "", again: "" } });
  useEffect(() => {
    document.title = "Choose a password · DayTrader";
    // The token stands behind a #, which browsers keep to themselves; nor shall it stay in the history.
    history.replaceState(history.state, "", location.pathname);
  }, []);

  const submit = form.onSubmit(async ({ first, again }) => {
    if (first !== again) { setRefusal("The two passwords differ."); return; }
    setBusy(true);
    setRefusal(null);
    try {
      const user = await setPassword({ token: token ?? "", new_password: first, confirm_password: again });
      setUsername(user.username);
    } catch (error) {
      setRefusal(inWords(error));
    } finally {
      setBusy(false);
    }
  });

  if (!token) {
    return <div className={classes.notice}>This link is not whole. Open it as you were sent it, or ask your administrator for a new one.</div>;
  }
  if (username) {
    return (
      <div className={classes.form}>
        <div className={classes.notice} role="status">
          The password is set. Every earlier login of {username} has ended.
        </div>
        <Button component={Link} to="/" size="sm" fullWidth>
          Sign in
        </Button>
      </div>
    );
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      {refusal && (
        <div className={classes.refusal} role="alert">
          {refusal}
        </div>
      )}
      <PasswordInput
        label="New password"
        description="At least 8 characters, among them an upper-case letter, a lower-case letter and a digit"
        autoComplete="new-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
        {...form.getInputProps("first")}
      />
      <PasswordInput
        label="Once more"
        autoComplete="new-password"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ "aria-label": "Show what is typed again" }}
        {...form.getInputProps("again")}
      />
      <Button type="submit" size="sm" loading={isBusy} fullWidth mt={4}>
        Set the password
      </Button>
    </form>
  );
}

function readToken(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get("token");
}
