import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";

import { fieldErrors, inWords } from "@/lib/api/errors";
import { session } from "@/lib/auth/session";

import { register } from "./api/register";
import classes from "./AuthScreen.module.css";

/** A new account, signed in at once. */
export function RegisterForm() {
  const navigate = useNavigate();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { username: "", email: "", password: "", password_confirm: "" } });
  useEffect(() => {
    document.title = "Open an account · DayTrader";
  }, []);

  const submit = form.onSubmit(async (values) => {
    setBusy(true);
    setRefusal(null);
    try {
      await register(values);
      await session.signIn({ username: values.username, password: values.password });
      await navigate({ to: "/" });
    } catch (error) {
      const refused = fieldErrors(error);
      form.setErrors(refused);
      if (Object.keys(refused).length === 0) setRefusal(inWords(error));
    } finally {
      setBusy(false);
    }
  });

  return (
    <>
      <form className={classes.form} onSubmit={submit}>
        {refusal && (
          <div className={classes.refusal} role="alert">
            {refusal}
          </div>
        )}
        <TextInput label="User name" description="Letters, digits, _ and -" autoComplete="username" required withAsterisk={false} {...form.getInputProps("username")} />
        <TextInput label="E-mail" type="email" autoComplete="email" required withAsterisk={false} {...form.getInputProps("email")} />
        <PasswordInput
          label="Password"
          description="At least 8 characters with a capital letter, a small one and a digit"
          autoComplete="new-password"
          required
        withAsterisk={false}
          visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
          {...form.getInputProps("password")}
        />
        <PasswordInput
          label="Password again"
          autoComplete="new-password"
          required
        withAsterisk={false}
          visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
          {...form.getInputProps("password_confirm")}
        />
        <Button type="submit" size="sm" loading={isBusy} fullWidth mt={4}>
          Open the account
        </Button>
      </form>
      <p className={classes.other}>
        <Link to="/">Sign in instead</Link>
      </p>
    </>
  );
}
