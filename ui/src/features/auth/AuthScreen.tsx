import { IconLogo } from "@/components/icons";

import classes from "./AuthScreen.module.css";
import { RegisterForm } from "./RegisterForm";
import { SetPasswordForm } from "./SetPasswordForm";
import { SignInForm } from "./SignInForm";

/** The door: sign in, open an account, or choose a password. */
export function AuthScreen({ pathname, reason }: { pathname: string; reason: string | null }) {
  return (
    <main className={classes.screen}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <IconLogo size={30} />
          <span>DayTrader</span>
        </div>
        <p className={classes.claim}>Stock trading by your own rules, that says why it traded and why it did not.</p>
        {pathname === "/register" ? <RegisterForm /> : pathname === "/set-password" ? <SetPasswordForm /> : <SignInForm reason={reason} />}
      </div>
    </main>
  );
}
