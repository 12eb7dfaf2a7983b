import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/ConfirmDialog";
import { notifyDone, notifyFailure } from "@/components/notify";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { inWords } from "@/lib/api/errors";
import { session } from "@/lib/auth/session";
import { useUser } from "@/lib/auth/useSession";

import { confirmTotp } from "./api/confirmTotp";
import { enrolTotp } from "./api/enrolTotp";
import { removeTotp } from "./api/removeTotp";
import { QrCode } from "./QrCode";
import classes from "./Settings.module.css";

/** A second factor for signing in: an authenticator's six digits. */
export function SecondFactor() {
  const user = useUser();
  const [code, setCode] = useState("");
  const [isRemoving, setRemoving] = useState(false);
  const [password, setPassword] = useState("");
  const enrol = useMutation({ mutationFn: enrolTotp, onError: notifyFailure });
  const confirm = useMutation({
    mutationFn: () => confirmTotp(code.replaceAll(" ", "")),
    onSuccess: (changed) => {
      session.setUser(changed);
      enrol.reset();
      setCode("");
      notifyDone("The second factor is in force from the next sign-in.");
    },
  });
  return (
    <Panel title="Two-factor sign-in" aside={<StateBadge state={user.has_totp ? "ACTIVE" : "INACTIVE"} word={user.has_totp ? "In force" : "Off"} />} padded>
      <div className={classes.form}>
        {user.has_totp ? (
          <>
            <div className="soft">Signing in takes your password and the code of the moment. A live broker can only be connected with it.</div>
            <div className={classes.end}>
              <Button variant="default" onClick={() => setRemoving(true)}>
                Remove it
              </Button>
            </div>
          </>
        ) : enrol.data ? (
          <form
            className={classes.form}
            onSubmit={(event) => {
              event.preventDefault();
              confirm.mutate();
            }}
          >
            <div className="soft">Scan this with your authenticator, or type the secret into it. Then enter the code that it shows.</div>
            <QrCode text={enrol.data.uri} className={classes.code ?? ""} />
            <div className={classes.secret} data-testid="totp-secret">{enrol.data.secret}</div>
            <TextInput label="Code" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} error={confirm.error ? inWords(confirm.error) : undefined} />
            <div className={classes.end}>
              <Button variant="default" onClick={() => enrol.reset()}>
                Not now
              </Button>
              <Button type="submit" disabled={code.trim().length < 6} loading={confirm.isPending}>
                Put it in force
              </Button>
            </div>
          </form>
        ) : (
          <>
            <div className="soft">With it a stolen password is not enough: signing in also takes the six digits of your authenticator.</div>
            <div className={classes.end}>
              <Button variant="default" loading={enrol.isPending} onClick={() => enrol.mutate()}>
                Set it up
              </Button>
            </div>
          </>
        )}
      </div>
      {isRemoving && (
        <ConfirmDialog
          isOpen
          onClose={() => setRemoving(false)}
          title="Remove the second factor"
          act="Remove it"
          isDestructive
          isDisabled={!password || code.trim().length < 6}
          onConfirm={async () => {
            await removeTotp(password, code.replaceAll(" ", ""));
            setPassword("");
            setCode("");
            session.setUser({ ...user, has_totp: false });
          }}
        >
          <PasswordInput label="Your password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <TextInput label="Code" description="The six digits that your authenticator shows now" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        </ConfirmDialog>
      )}
    </Panel>
  );
}
