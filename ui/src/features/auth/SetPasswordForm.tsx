import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { fieldErrors, inWords } from "@/lib/api/errors";

import { setPassword } from "./api/setPassword";
import classes from "./AuthScreen.module.css";

/** A password chosen through the one-time link of an admin. */
export function SetPasswordForm() {
  const [token] = useState(readToken);
  const [refusal, setRefusal] = useState<string | null>(token ? null : "This link is not complete. Ask for a new one.");
  const [isDone, setDone] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { new_password: "", confirm_password: "" } });
  useEffect(() => {
    document.title = "Choose a password · DayTrader";
    // The token must not stay in the address: it would be in the history.
    history.replaceState(history.state, "", location.pathname);
  }, []);

  const submit = form.onSubmit(async (values) => {
    setBusy(true);
    setRefusal(null);
    try {
      await setPassword({ token: token ?? "", ...values });
      setDone(true);
    } catch (error) {
      const { token: refusedLink, ...refused } = fieldErrors(error);
      form.setErrors(refused);
      if (refusedLink !== undefined || Object.keys(refused).length === 0) setRefusal(inWords(error));
    } finally {
      setBusy(false);
    }
  });

  if (isDone) {
    return (
      <div className={classes.form}>
        <div className={classes.notice} role="status">
          Your password is set.
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
        description="At least 8 characters with a capital letter, a small one and a digit"
        autoComplete="new-password"
        required
        visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
        {...form.getInputProps("new_password")}
      />
      <PasswordInput
        label="New password again"
        autoComplete="new-password"
        required
        visibilityToggleButtonProps={{ "aria-label": "Show the repeated password" }}
        {...form.getInputProps("confirm_password")}
      />
      <Button type="submit" size="sm" loading={isBusy} disabled={!token} fullWidth mt={4}>
        Set the password
      </Button>
    </form>
  );
}

function readToken(): string | null {
  const search = new URLSearchParams(location.search);
  const hash = new URLSearchParams(location.hash.slice(1));
  return search.get("token") ?? hash.get("token");
}
