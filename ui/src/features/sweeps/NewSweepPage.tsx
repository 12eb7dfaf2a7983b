import { ActionIcon, Button, SegmentedControl, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { IconClose, IconPlus } from "@/components/icons";
import { NumberField } from "@/components/NumberField";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import { FormFoot, Refusal } from "@/components/settings/FormFoot";
import { RulesFields } from "@/components/settings/RulesFields";
import settingsClasses from "@/components/settings/Settings.module.css";
import { StocksSelect, useStocks } from "@/components/settings/StockSelect";
import { StrategyFields, useStrategies } from "@/components/settings/StrategyFields";
import { useWish } from "@/components/useWish";
import { fieldErrors, inWords } from "@/lib/api/errors";
import { keys } from "@/lib/api/keys";
import type { Strategy, SweepInput } from "@/lib/api/schema";
import { DEFAULTS } from "@/lib/backtest/settings";
import { formatWhole } from "@/lib/format/money";
import { formatDuration } from "@/lib/format/time";
import { RANKING, settingTitle } from "@/lib/words/settings";

import { estimateSweep } from "./api/estimateSweep";
import { runSweep } from "./api/runSweep";
import { axesOf, axisOf, axisOfRule, linesOf, rowsOf, RULES, toSweep, valuesOf, type Axis, type Search } from "./axes";
import { LeftOut } from "./LeftOut";
import classes from "./Sweeps.module.css";

const TYPING_MILLISECONDS = 400;
const START: Search = {
  settings: { ...DEFAULTS, strategy: "sma_cross" },
  symbols: [],
  axes: [],
  metric: "sharpe_ratio",
  draws: null,
  lines: null,
  walk: null,
};

/** What to vary, and beside it how many backtests that is and how long they take. */
export function NewSweepPage() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const wish = useWish();
  const stocks = useStocks();
  const strategies = useStrategies();
  const [typed, setTyped] = useState<Search & { isTouched?: boolean }>(START);
  const strategy = strategies.find((one) => one.name === typed.settings.strategy);
  const first = stocks[0]?.symbol;
  const search: Search = {
    ...typed,
    symbols: typed.symbols.length > 0 || typed.isTouched || !first ? typed.symbols : [first],
    axes: typed.axes.length > 0 ? typed.axes : axesOf(strategy),
  };
  const change = (part: Partial<Search>) => setTyped((known) => ({ ...known, ...part }));
  const body = toSweep(search);
  const run = useMutation({
    mutationFn: (input: SweepInput) => runSweep(input, wish.key(input)),
    onSuccess: async (job) => {
      await client.invalidateQueries({ queryKey: keys.sweeps.lists });
      await navigate({ to: "/sweeps/$sweepId", params: { sweepId: String(job.sweep_id) } });
    },
  });
  const errors = fieldErrors(run.error);
  const varied = search.lines === null ? search.axes.map((axis) => axis.name) : Object.keys(rowsOf(search.lines)?.[0] ?? {});
  return (
    <Page title="New sweep" subtitle="Many settings at once, and how much of the best is luck">
      <form
        className={settingsClasses.layout}
        data-form="wide"
        onSubmit={(event) => {
          event.preventDefault();
          if (body) run.mutate(body);
        }}
      >
        <div className={classes.stack}>
          <Panel title="What is tried" padded>
            <div className={settingsClasses.fields}>
              <StocksSelect
                label="Stocks"
                description={search.symbols.length > 1 ? "One choice is made for all of them together, and each is judged alone" : "Several: one choice for all of them, and each judged alone"}
                values={search.symbols}
                onChange={(symbols) => setTyped((known) => ({ ...known, symbols, isTouched: true }))}
                error={errors["symbol"] ?? errors["symbols"]}
              />
              <StrategyFields
                strategy={search.settings.strategy}
                params={search.settings.params}
                without={varied}
                errors={errors}
                onChange={(part) =>
                  change({ settings: { ...search.settings, ...part }, ...(part.strategy ? { axes: axesOf(strategies.find((one) => one.name === part.strategy)) } : { axes: search.axes }) })
                }
              />
            </div>
          </Panel>
          <Panel
            title="What varies"
            aside={
              <SegmentedControl
                size="xs"
                aria-label="How combinations are found"
                data={[
                  { value: "grid", label: "Every combination" },
                  { value: "random", label: "Random draws" },
                  { value: "list", label: "One by one" },
                ]}
                value={search.lines !== null ? "list" : search.draws !== null ? "random" : "grid"}
                onChange={(value) => change({ draws: value === "random" ? 500 : null, lines: value === "list" ? linesOf(search.axes) : null, axes: search.axes })}
              />
            }
            padded
          >
            {search.lines === null ? (
              <Axes axes={search.axes} strategy={strategy} onChange={(axes) => change({ axes })} />
            ) : (
              <Textarea
                label="Combinations"
                description={`One a line, such as: ${linesOf(search.axes).split("\n")[0]}`}
                autosize
                minRows={4}
                maxRows={16}
                value={search.lines}
                onChange={(event) => change({ lines: event.currentTarget.value })}
                error={errors["combinations"] ?? (search.lines.trim() && rowsOf(search.lines) === null ? "A line is not a list of settings with their values" : undefined)}
              />
            )}
            {search.draws !== null && (
              <NumberField mt="sm" maw={180} label="Draws" min={1} max={1_000_000} allowDecimal={false} value={search.draws} onChange={(value) => change({ draws: value })} error={errors["draws"]} />
            )}
            {errors["grid"] && <Refusal>{errors["grid"]}</Refusal>}
          </Panel>
          <Panel title="What stays" padded>
            <div className={settingsClasses.fields}>
              <RulesFields settings={search.settings} onChange={(part) => change({ settings: { ...search.settings, ...part } })} errors={errors} />
            </div>
          </Panel>
        </div>
        <div className={settingsClasses.beside}>
          <Panel title="Search" padded>
            <div className={settingsClasses.fields}>
              <Estimate body={body} />
              <Select
                label="Rank by"
                allowDeselect={false}
                data={RANKING.map((metric) => ({ value: metric.name, label: metric.title }))}
                value={search.metric}
                onChange={(value) => change({ metric: (value ?? "sharpe_ratio") as Search["metric"] })}
              />
              <WalkForward search={search} onChange={(walk) => change({ walk })} />
            </div>
            <FormFoot error={run.error}>
              <Button type="submit" loading={run.isPending} disabled={!body}>
                Run the sweep
              </Button>
            </FormFoot>
          </Panel>
        </div>
      </form>
    </Page>
  );
}

function Estimate({ body }: { body: SweepInput | null }) {
  const [steady] = useDebouncedValue(body, TYPING_MILLISECONDS);
  const estimate = useQuery({ ...estimateSweep(steady ?? {}), enabled: steady !== null, placeholderData: keepPreviousData });
  if (!body) return <p className={classes.hint}>Choose a stock and what varies.</p>;
  if (estimate.error && !estimate.isFetching) return <div role="alert" className="loss">{inWords(estimate.error)}</div>;
  const told = estimate.data;
  return (
    <div className={classes.estimate} aria-live="polite" data-testid="estimate">
      <span className={classes.count}>{told ? formatWhole(told.combinations) : "…"}</span>
      <span className="soft">
        combinations{told && told.symbols > 1 ? `, ${formatWhole(told.backtests)} backtests` : ""}
      </span>
      <span className="faint">{told ? `${formatWhole(told.bars)} bars each · about ${duration(told.estimated_seconds)} on this machine` : "Being estimated"}</span>
      <LeftOut stocks={told?.left_out ?? []} />
    </div>
  );
}

function duration(seconds: number): string {
  return seconds < 1 ? "a second" : formatDuration(seconds);
}

function Axes({ axes, strategy, onChange }: { axes: Axis[]; strategy: Strategy | undefined; onChange: (axes: Axis[]) => void }) {
  const parameters = strategy?.parameters ?? [];
  const names = [...parameters.map((parameter) => parameter.name), ...RULES];
  const free = names.filter((name) => !axes.some((axis) => axis.name === name));
  const begin = (name: string): Axis => {
    const parameter = parameters.find((one) => one.name === name);
    return parameter ? axisOf(parameter) : axisOfRule(name);
  };
  const set = (row: number, part: Partial<Axis>) => onChange(axes.map((axis, at) => (at === row ? { ...axis, ...part } : axis)));
  return (
    <>
      <ul className={classes.axes}>
        {axes.map((axis, row) => {
          const title = settingTitle(axis.name);
          const number = (name: "from" | "to" | "step", label: string) => (
            <NumberField hideControls label={label} aria-label={`${title}: ${label.toLowerCase()}`} value={axis[name]} onChange={(value) => set(row, { [name]: value })} />
          );
          return (
            <li key={axis.name} className={classes.axis}>
              <Select
                label="Setting"
                aria-label={`Setting ${row + 1}`}
                allowDeselect={false}
                data={[axis.name, ...free].map((name) => ({ value: name, label: settingTitle(name) }))}
                value={axis.name}
                onChange={(name) => name && onChange(axes.map((one, at) => (at === row ? begin(name) : one)))}
              />
              <Select
                className={classes.axisKind ?? ""}
                label="As"
                aria-label={`${title}: range or list`}
                allowDeselect={false}
                data={[
                  { value: "range", label: "Range" },
                  { value: "list", label: "List" },
                ]}
                value={axis.list === null ? "range" : "list"}
                onChange={(value) => set(row, { list: value === "list" ? (valuesOf(axis) ?? []).join(", ") : null })}
              />
              {axis.list === null ? (
                <>
                  {number("from", "From")}
                  {number("to", "To")}
                  {number("step", "Step")}
                </>
              ) : (
                <TextInput className={classes.axisList ?? ""} label="Values" aria-label={`${title}: values`} placeholder="0, 3, 5" value={axis.list} onChange={(event) => set(row, { list: event.currentTarget.value })} />
              )}
              <ActionIcon aria-label={`Do not vary ${title}`} disabled={axes.length === 1} onClick={() => onChange(axes.filter((_, at) => at !== row))}>
                <IconClose />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      {free.length > 0 && (
        <Button mt="sm" variant="default" leftSection={<IconPlus size={14} />} onClick={() => onChange([...axes, begin(free[0] ?? "stop_loss")])}>
          Vary another
        </Button>
      )}
    </>
  );
}

function WalkForward({ search, onChange }: { search: Search; onChange: (walk: Search["walk"]) => void }) {
  const { walk } = search;
  const number = (name: "train" | "test", label: string) =>
    walk && <NumberField label={label} min={1} allowDecimal={false} value={walk[name]} onChange={(value) => onChange({ ...walk, [name]: value })} />;
  return (
    <>
      <Switch
        label="Walk forward"
        description={search.symbols.length > 1 ? "Of each stock: choose anew in each window, trade the choice in the next" : "Choose anew in each window, trade the choice in the next"}
        checked={walk !== null}
        onChange={(event) => onChange(event.currentTarget.checked ? { mode: "rolling", train: 504, test: 126 } : null)}
      />
      {walk && (
        <>
          <SegmentedControl
            size="xs"
            aria-label="Training windows"
            data={[
              { value: "rolling", label: "Rolling" },
              { value: "anchored", label: "From the start" },
            ]}
            value={walk.mode}
            onChange={(value) => onChange({ ...walk, mode: value === "anchored" ? "anchored" : "rolling" })}
          />
          <div className={settingsClasses.pair}>
            {number("train", "Sessions to choose on")}
            {number("test", "Sessions to trade")}
          </div>
        </>
      )}
    </>
  );
}
