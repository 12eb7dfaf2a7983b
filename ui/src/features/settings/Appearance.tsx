import { SegmentedControl, useMantineColorScheme } from "@mantine/core";

import { Panel } from "@/components/Panel";

import classes from "./Settings.module.css";

const SCHEMES = [
  { value: "auto", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

/** Light or dark. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <Panel title="Appearance" padded>
      <div className={classes.form}>
        <SegmentedControl aria-label="Colours" data={SCHEMES} value={colorScheme} onChange={(value) => setColorScheme(value as typeof colorScheme)} />
        <div className="faint">Kept in this browser.</div>
      </div>
    </Panel>
  );
}
