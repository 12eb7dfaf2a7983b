import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { ApiError, inWords } from "@/lib/api/errors";
import { registrationIsOpen, session } from "@/lib/auth/session";

import classes from "./AuthScreen.module.css";

const TOTP = "totp";

/** Name, password, and the code of the moment where a second factor is in force. */
export function SignInForm({ reason }: { reason: string | null }) {
  const [needsCode, setNeedsCode] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { username: "", password: "", totp: "" } });
  useEffect(() => {
    document.title = "Sign in · DayTrader";
  }, []);

  const submit = form.onSubmit(async ({ username, password, totp }) => {
    setBusy(true);
    setRefusal(null);
    try {
      await session.signIn({ username, password, ...(needsCode ? { totp: totp.replaceAll(" ", "") } : {}) });
    } catch (error) {
      if (asksForCode(error) && !needsCode) setNeedsCode(true);
      else setRefusal(inWords(error));
    } finally {
      setBusy(false);
    }
  });

  return (
    <>
      <form className={classes.form} onSubmit={submit}>
        {reason && !refusal && <div className={classes.notice}>{reason}</div>}
        {refusal && (
          <div className={classes.refusal} role="alert">
            {refusal}
          </div>
        )}
        <TextInput label="User name or mail address" autoComplete="username" required withAsterisk={false} data-autofocus {...form.getInputProps("username")} />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
        withAsterisk={false}
          visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
          {...form.getInputProps("password")}
        />
        {needsCode && (
          <TextInput
            label="Code of your authenticator"
            description="Six digits, new every half minute"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
        withAsterisk={false}
            // eslint-disable-next-line jsx-a11y/no-autofocus -- it appears as the answer to what was just sent
            autoFocus
            {...form.getInputProps("totp")}
          />
        )}
        <Button type="submit" size="sm" loading={isBusy} fullWidth mt={4}>
          Sign in
        </Button>
      </form>
      {registrationIsOpen() && (
        <p className={classes.other}>
          New here? <Link to="/register">Open an account</Link>
        </p>
      )}
    </>
  );
}

function asksForCode(error: unknown): boolean {
  return error instanceof ApiError && (error.code.includes(TOTP) || TOTP in error.fields);
}
