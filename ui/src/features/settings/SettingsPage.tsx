import { Page } from "@/components/Page";

import { About } from "./About";
import { ApiKeys } from "./ApiKeys";
import { Appearance } from "./Appearance";
import { BeforeRealMoney } from "./BeforeRealMoney";
import { BrokerAccounts } from "./BrokerAccounts";
import { Notifications } from "./Notifications";
import { OwnRisk } from "./OwnRisk";
import { Password } from "./Password";
import { Profile } from "./Profile";
import classes from "./Settings.module.css";
import { SecondFactor } from "./SecondFactor";

/** Who the user is, how they sign in, what their services may risk and must show, where they are told, what scripts may do for them, and how it all looks. */
export function SettingsPage() {
  return (
    <Page title="Settings">
      <div className={classes.columns}>
        <Profile />
        <Password />
        <SecondFactor />
        <Appearance />
      </div>
      <OwnRisk />
      <BeforeRealMoney />
      <BrokerAccounts />
      <Notifications />
      <ApiKeys />
      <About />
    </Page>
  );
}
